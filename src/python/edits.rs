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

    /// A new line `code` before this statement and the comments right above it, at its indentation.
    ///
    /// None where the statement does not begin its line: after a `;`, or on the line of its `if`.
    pub fn line_before(self, code: &str) -> Option<Edit> {
        let (start, indent) = self.line_start()?;
        let text = format!("{indent}{code}{}", self.document.newline());
        Some(Edit {
            span: Span::at(self.document.first_comment_above(start, indent)),
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

impl<'d> Node<'d> {
    /// How to write `module.name` here, and the import that it needs where there is none yet: `deque` with
    /// `from collections import deque`. None where the name means something else here.
    pub fn import_from(self, module: &str, name: &str) -> Option<(String, Option<Edit>)> {
        if let Some(known) = self.imported(module, name) {
            return Some((known, None));
        }
        if self.document.asks_for(name) {
            return self.import_module(module, name);
        }
        let edit = self
            .document
            .import_line(&format!("from {module} import {name}"))?;
        Some((name.to_owned(), Some(edit)))
    }

    /// How to write `module.name` through the module itself: `itertools.chain` with `import itertools`.
    pub fn import_module(self, module: &str, name: &str) -> Option<(String, Option<Edit>)> {
        if let Some(known) = self.imported(module, name) {
            return Some((known, None));
        }
        if self.document.asks_for(module) {
            return None;
        }
        let edit = self.document.import_line(&format!("import {module}"))?;
        Some((format!("{module}.{name}"), Some(edit)))
    }

    /// How the file's own imports write `module.name`, where that means the same here.
    fn imported(self, module: &str, name: &str) -> Option<String> {
        let imports = self
            .document
            .module()
            .children()
            .filter(|node| node.kind() == Kind::Import);
        for import in imports {
            let is_earlier = import.id() < self.id() || self.frame().kind() != Kind::Module;
            let (bound, written) = match import.ast() {
                AnyNodeRef::StmtImportFrom(each)
                    if each.level == 0
                        && each
                            .module
                            .as_ref()
                            .is_some_and(|found| found.as_str() == module) =>
                {
                    let Some(alias) = each.names.iter().find(|alias| alias.name.as_str() == name)
                    else {
                        continue;
                    };
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    (bound, bound.to_owned())
                }
                AnyNodeRef::StmtImport(each) => {
                    let Some(alias) = each
                        .names
                        .iter()
                        .find(|alias| alias.name.as_str() == module)
                    else {
                        continue;
                    };
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    (bound, format!("{bound}.{name}"))
                }
                _ => continue,
            };
            let means_it = self
                .document
                .look_up(self.data().scope, bound)
                .and_then(|symbol| symbol.single_binding())
                .is_some_and(|binding| binding.target().statement() == import);
            if means_it && is_earlier {
                return Some(written);
            }
        }
        None
    }

    /// The text of an operand or value as it can stand alone: with its own parentheses, with new ones where lines
    /// break. None where it cannot.
    pub fn standing(self) -> Option<String> {
        let parent = self.parent()?.span();
        let text = self.document.source.text.as_str();
        let (mut start, mut end) = (self.span().start as usize, self.span().end as usize);
        let before = |at: usize| text[parent.start as usize..at].trim_end();
        let after = |at: usize| text[at..parent.end as usize].trim_start();
        while before(start).ends_with('(') && after(end).starts_with(')') {
            start = parent.start as usize + before(start).len() - 1;
            end = parent.end as usize - after(end).len() + 1;
        }
        let own = &text[start..end];
        let has_parentheses = start < self.span().start as usize;
        let is_closed = has_parentheses
            || matches!(
                self.kind(),
                Kind::List | Kind::Set | Kind::Dict | Kind::Comprehension
            );
        if !has_parentheses && matches!(self.kind(), Kind::Yield | Kind::Named | Kind::Starred) {
            return None;
        }
        Some(if own.contains(['\n', '\r']) && !is_closed {
            format!("({own})")
        } else {
            own.to_owned()
        })
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

    /// Whether the file uses a name for anything but an attribute, kept as a question that was asked.
    fn asks_for(&'d self, name: &str) -> bool {
        let taken = self.is_taken(name);
        self.memo.asked.borrow_mut().push((name.to_owned(), taken));
        taken
    }

    /// A name that begins with `base` and is not used anywhere in the file.
    pub fn fresh_name(&'d self, base: &str) -> String {
        let taken = |name: &str| self.asks_for(name);
        let plain = base.to_owned();
        if !taken(&plain) {
            return plain;
        }
        (2..)
            .map(|number| format!("{base}_{number}"))
            .find(|name| !taken(name))
            .unwrap_or(plain)
    }

    /// Whether the file can speak of `name` of `module`: it has the one or the other as a plain name. A quick way to
    /// know that a type is nowhere in the file.
    pub fn can_name(&self, name: &str, module: &str) -> bool {
        self.is_taken(name) || self.is_taken(module)
    }

    /// Whether the file uses a name for anything but an attribute.
    pub(crate) fn is_taken(&self, name: &str) -> bool {
        self.index.names.contains_key(name)
    }

    /// An import of the standard library as a line of its own: in the first block of the imports that the file begins
    /// with, before relative ones and those of modules that come later; without imports after the docstring.
    /// None where something else stands on that line.
    fn import_line(&'d self, code: &str) -> Option<Edit> {
        let mut found = None;
        let mut must_follow = false;
        let mut block_end: Option<u32> = None;
        for (at, statement) in self.module().children().enumerate() {
            let is_docstring = at == 0
                && statement
                    .children()
                    .next()
                    .is_some_and(|value| matches!(value.ast(), AnyNodeRef::ExprStringLiteral(_)))
                && statement.kind() == Kind::ExprStatement;
            if !is_docstring && statement.kind() != Kind::Import {
                break;
            }
            let is_first = is_docstring || is_from_future(statement);
            if !is_first {
                let begins_block = |end| !self.are_neighbours(end, statement.span().start);
                if block_end.is_some_and(begins_block) {
                    break;
                }
                if comes_after(statement, code) {
                    found = statement.line_before(code).or(found);
                    break;
                }
            }
            let edit = statement.line_after(code);
            if is_first {
                must_follow = edit.is_none();
                found = edit;
            } else {
                block_end = Some(statement.span().end);
                if edit.is_some() {
                    must_follow = false;
                    found = edit;
                }
            }
        }
        if found.is_some() || must_follow {
            return found;
        }
        Some(Edit {
            span: Span::at(self.first_code_line()),
            text: format!("{code}{}", self.newline()),
        })
    }

    /// Whether the line of `after` follows that of `end` without a line between.
    fn are_neighbours(&self, end: u32, after: u32) -> bool {
        self.source.lines().line(after) <= self.source.lines().line(end) + 1
    }

    /// Where the comment lines begin that stand right above the line at `start`, indented like it; `start` where there
    /// are none, and where they begin the file: a `#!` and a coding line stay first.
    fn first_comment_above(&self, start: u32, indent: &str) -> u32 {
        let text = self.source.text.as_str();
        let mut first = start as usize;
        loop {
            let above = text[..first].trim_end_matches(['\n', '\r']);
            let is_next = text[above.len()..first].lines().count() == 1;
            let line = above.rfind(['\n', '\r']).map_or(0, |at| at + 1);
            let is_comment = above[line..].starts_with(indent)
                && self.is_comment_at((line + indent.len()) as u32);
            if !is_next || !is_comment {
                return first as u32;
            }
            if line == 0 {
                return start;
            }
            first = line;
        }
    }

    /// Where the first line begins that is no comment: a `#!` and a coding line stay first.
    fn first_code_line(&self) -> u32 {
        let mut start = 0;
        let text = self.source.text.as_str();
        while text[start..].starts_with('#') {
            let Some(length) = text[start..].find(['\n', '\r']) else {
                break;
            };
            start += length + 1 + usize::from(text[start + length..].starts_with("\r\n"));
        }
        start as u32
    }

    /// Whether a comment begins at this byte.
    fn is_comment_at(&self, offset: u32) -> bool {
        let at = self
            .tokens
            .partition_point(|token| token.start().to_u32() < offset);
        self.tokens[at..]
            .iter()
            .take_while(|token| token.start().to_u32() == offset)
            .any(|token| token.kind() == TokenKind::Comment)
    }

    fn has_comment_in(&self, span: Span) -> bool {
        self.source.slice(span).contains('#')
            && self.tokens.iter().any(|token| {
                token.kind() == TokenKind::Comment
                    && span.contains(Span::new(token.start().to_u32(), token.end().to_u32()))
            })
    }
}

fn is_from_future(import: Node<'_>) -> bool {
    let AnyNodeRef::StmtImportFrom(each) = import.ast() else {
        return false;
    };
    each.module.as_deref() == Some("__future__")
}

/// Whether those who sort imports put this one after the line `code`: modules as a whole first, relative ones last.
fn comes_after(import: Node<'_>, code: &str) -> bool {
    let from = code
        .strip_prefix("from ")
        .and_then(|rest| rest.split(' ').next());
    match (import.ast(), from) {
        (AnyNodeRef::StmtImportFrom(each), _) if each.level > 0 => true,
        (AnyNodeRef::StmtImportFrom(each), Some(module)) => each
            .module
            .as_ref()
            .is_some_and(|other| other.as_str() > module),
        (AnyNodeRef::StmtImportFrom(_), None) => true,
        (AnyNodeRef::StmtImport(each), None) => each
            .names
            .first()
            .is_some_and(|other| other.name.as_str() > code.trim_start_matches("import ")),
        _ => false,
    }
}
