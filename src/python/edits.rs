//! The parts of fixes: lines before and after statements, names that are free, imports.
//!
//! Knows where a statement's lines begin and end, the file's indentation and line ending.
//! Does not know whether a fix is safe: that is for the rule to prove.

use looplint_model::{Edit, Span};
use ruff_python_ast::AnyNodeRef;
use ruff_python_ast::token::TokenKind;
use ruff_text_size::Ranged;

use crate::document::Document;
use crate::kind::Kind;
use crate::node::Node;

impl<'d> Node<'d> {
    /// Replaces this node's text.
    pub fn replace(self, text: impl Into<String>) -> Edit {
        Edit {
            span: self.span(),
            text: text.into(),
        }
    }

    /// A new line `code` before this statement, at its indentation.
    ///
    /// None where the statement does not begin its line: after a `;`, or on the line of its `if`.
    pub fn line_before(self, code: &str) -> Option<Edit> {
        let (start, indent) = self.line_start()?;
        let text = format!("{indent}{code}{}", self.document.newline());
        Some(Edit {
            span: Span::at(start),
            text,
        })
    }

    /// A new line `code` after this statement, at its indentation.
    ///
    /// None where the statement does not begin its line or something else follows on its last line.
    pub fn line_after(self, code: &str) -> Option<Edit> {
        let (_, indent) = self.line_start()?;
        let end = self.line_end()?;
        let newline = self.document.newline();
        let text = if self.document.source.text[..end as usize].ends_with(['\n', '\r']) {
            format!("{indent}{code}{newline}")
        } else {
            format!("{newline}{indent}{code}")
        };
        Some(Edit {
            span: Span::at(end),
            text,
        })
    }

    /// Takes out this statement with its line; with the line's comment only where there is none.
    ///
    /// None where it shares a line with something else, or is all that its block holds.
    pub fn without_line(self) -> Option<Edit> {
        let (start, _) = self.line_start()?;
        let end = self.line_end()?;
        let rest = self
            .document
            .source
            .text
            .get(self.span().end as usize..end as usize)?;
        let is_alone = self
            .parent()?
            .children()
            .filter(|child| child.ast().is_statement())
            .count()
            < 2;
        (!is_alone && rest.trim().is_empty()).then(|| Edit {
            span: Span::new(start, end),
            text: String::new(),
        })
    }

    /// Whether a comment stands inside of it: an edit that drops the text would drop the comment.
    pub fn holds_comment(self) -> bool {
        self.document.has_comment_in(self.span())
    }

    /// Where the line of this statement begins, and its indentation.
    fn line_start(self) -> Option<(u32, &'d str)> {
        let text = self.document.source.text.as_str();
        let start = self.span().start as usize;
        let line = text[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let indent = &text[line..start];
        indent
            .bytes()
            .all(|byte| matches!(byte, b' ' | b'\t' | b'\x0c'))
            .then_some((line as u32, indent))
    }

    /// One past the line break after this statement; none where code follows on its line.
    fn line_end(self) -> Option<u32> {
        let text = self.document.source.text.as_str();
        let end = self.span().end as usize;
        let rest = &text[end..];
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let tail = rest[..length].trim_start();
        if !tail.is_empty() && !tail.starts_with('#') {
            return None;
        }
        let newline = if rest[length..].starts_with("\r\n") {
            2
        } else {
            usize::from(length < rest.len())
        };
        Some((end + length + newline) as u32)
    }
}

impl<'d> Document<'d> {
    /// The line ending that the file uses.
    pub fn newline(&self) -> &'static str {
        let text = self.source.text.as_str();
        match text.find(['\n', '\r']) {
            Some(at) if text[at..].starts_with("\r\n") => "\r\n",
            Some(at) if text[at..].starts_with('\r') => "\r",
            _ => "\n",
        }
    }

    /// A name that begins with `base` and is not used anywhere in the file.
    pub fn fresh_name(&'d self, base: &str) -> String {
        let taken = |name: &str| {
            let taken = self.is_taken(name);
            self.memo.asked.borrow_mut().push((name.to_owned(), taken));
            taken
        };
        let plain = base.to_owned();
        if !taken(&plain) {
            return plain;
        }
        (2..)
            .map(|number| format!("{base}_{number}"))
            .find(|name| !taken(name))
            .unwrap_or(plain)
    }

    /// Whether the file uses a name for anything but an attribute.
    pub(crate) fn is_taken(&self, name: &str) -> bool {
        self.index.names.contains_key(name)
    }

    /// How to write `module.name` in this file, and the import that it needs where there is none yet:
    /// `deque` with `from collections import deque`.
    pub fn import_from(&'d self, module: &str, name: &str) -> (String, Option<Edit>) {
        for import in self
            .module()
            .children()
            .filter(|node| node.kind() == Kind::Import)
        {
            match import.ast() {
                AnyNodeRef::StmtImportFrom(each)
                    if each.level == 0
                        && each
                            .module
                            .as_ref()
                            .is_some_and(|found| found.as_str() == module) =>
                {
                    if let Some(alias) = each.names.iter().find(|alias| alias.name.as_str() == name)
                    {
                        return (
                            alias.asname.as_ref().unwrap_or(&alias.name).to_string(),
                            None,
                        );
                    }
                }
                AnyNodeRef::StmtImport(each) => {
                    if let Some(alias) = each
                        .names
                        .iter()
                        .find(|alias| alias.name.as_str() == module)
                    {
                        let base = alias.asname.as_ref().unwrap_or(&alias.name);
                        return (format!("{base}.{name}"), None);
                    }
                }
                _ => {}
            }
        }
        (
            name.to_owned(),
            Some(self.import_line(&format!("from {module} import {name}"))),
        )
    }

    /// How to write `module.name` through the module itself: `itertools.chain` with `import itertools`.
    pub fn import_module(&'d self, module: &str, name: &str) -> (String, Option<Edit>) {
        match self.import_from(module, name) {
            (written, None) => (written, None),
            (_, Some(_)) => (
                format!("{module}.{name}"),
                Some(self.import_line(&format!("import {module}"))),
            ),
        }
    }

    /// An import as a line of its own: after the imports that the file begins with, else after its docstring.
    fn import_line(&'d self, code: &str) -> Edit {
        let mut last = None;
        for (at, statement) in self.module().children().enumerate() {
            let is_docstring = at == 0
                && statement
                    .children()
                    .next()
                    .is_some_and(|value| matches!(value.ast(), AnyNodeRef::ExprStringLiteral(_)))
                && statement.kind() == Kind::ExprStatement;
            if is_docstring || statement.kind() == Kind::Import {
                last = Some(statement);
            } else {
                break;
            }
        }
        match last.and_then(|statement| statement.line_after(code)) {
            Some(edit) => edit,
            None => {
                let start = self.first_code_line();
                Edit {
                    span: Span::at(start),
                    text: format!("{code}{}", self.newline()),
                }
            }
        }
    }

    /// Where the first line begins that is no comment: a `#!` and a coding line stay first.
    fn first_code_line(&self) -> u32 {
        let mut start = 0;
        for line in self.source.text.split_inclusive('\n') {
            if !line.starts_with('#') {
                break;
            }
            start += line.len();
        }
        start as u32
    }

    fn has_comment_in(&self, span: Span) -> bool {
        self.source.slice(span).contains('#')
            && self.tokens.iter().any(|token| {
                token.kind() == TokenKind::Comment
                    && span.contains(Span::new(token.start().to_u32(), token.end().to_u32()))
            })
    }
}
