//! The comment that asks for silence, put where it can stand.
//!
//! A comment that is there already gets one rule more. Does not know which rules there are.

use looplint_model::{Edit, Layout, SilenceScope, Span};
use ruff_python_ast::token::{Token, TokenKind};
use ruff_text_size::Ranged;

use crate::document::Document;
use crate::silence;

/// The edit that silences `rule` about what starts at `at`. Regions are written by hand.
pub(crate) fn edit(
    document: &Document<'_>,
    at: Span,
    rule: &str,
    scope: SilenceScope,
) -> Option<Edit> {
    if scope == SilenceScope::Region {
        return None;
    }
    if let Some(edit) = extend(document, at, rule, scope) {
        return Some(edit);
    }
    match scope {
        SilenceScope::File => Some(insert(
            top(document, at),
            format!("# looplint: file-ignore[{rule}]\n"),
        )),
        _ => on_line(document, at, rule),
    }
}

/// One rule more in a comment that covers the place; nothing where it names the rule already.
fn extend(document: &Document<'_>, at: Span, rule: &str, scope: SilenceScope) -> Option<Edit> {
    let covers = |span: Span| span.start <= at.start && at.start <= span.end;
    let silences = silence::silences(document);
    let own = silences.iter().find(|silence| {
        silence.scope == scope && covers(silence.covers) && !silence.rules.is_empty()
    })?;
    let (_, last) = own.rules.last()?;
    let is_named = own.rules.iter().any(|(name, _)| name == rule);
    (!is_named).then(|| insert(last.end, format!(", {rule}")))
}

/// A comment at the end of the line of `at`; where that end lies in a text or behind a backslash,
/// at the end of the statement's last line.
fn on_line(document: &Document<'_>, at: Span, rule: &str) -> Option<Edit> {
    let text = &document.source.text;
    let tokens: &[Token] = document.tokens;
    let line = document.source.lines().line(at.start);
    let own = document.source.lines().span(text, line).end;
    let end = if can_end(text, tokens, own) {
        own
    } else {
        let after = tokens.partition_point(|token| token.start().to_u32() < at.start);
        let newline = tokens[after..]
            .iter()
            .find(|token| matches!(token.kind(), TokenKind::Newline | TokenKind::EndOfFile))?;
        let line = document.source.lines().line(newline.start().to_u32());
        document.source.lines().span(text, line).end
    };
    if !can_end(text, tokens, end) {
        return None;
    }
    let before = text.get(..end as usize)?;
    let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
    let from = end - blanks as u32;
    Some(Edit {
        span: Span::new(from, end),
        text: format!("  # looplint: ignore[{rule}]"),
    })
}

/// Whether a comment can stand at `end`, the end of a line.
fn can_end(text: &str, tokens: &[Token], end: u32) -> bool {
    let after = tokens.partition_point(|token| token.start().to_u32() < end);
    let last = tokens[..after].last();
    let inside = last.is_some_and(|token| {
        let is_text = !matches!(
            token.kind(),
            TokenKind::Newline | TokenKind::NonLogicalNewline | TokenKind::Comment
        );
        is_text && end < token.end().to_u32()
    });
    // The pieces of an f-string are tokens of their own, with nothing between them at a line's end.
    let in_format = tokens[..after]
        .iter()
        .rev()
        .find_map(|token| match token.kind() {
            TokenKind::FStringStart | TokenKind::TStringStart => Some(true),
            TokenKind::FStringEnd | TokenKind::TStringEnd => Some(false),
            TokenKind::Newline => Some(false),
            _ => None,
        });
    let body = text.get(..end as usize).unwrap_or_default();
    !inside && in_format != Some(true) && !body.ends_with('\\')
}

/// Where a comment for the whole file goes: behind the lines that must come first.
fn top(document: &Document<'_>, at: Span) -> u32 {
    let text = &document.source.text;
    let lines = document.source.lines();
    if let Layout::Cells(cells) = &document.source.layout {
        // Behind what is IPython's own at the begin of the cell.
        let cell = cells.iter().rfind(|cell| cell.span.start <= at.start);
        let start = cell.map_or(0, |cell| cell.span.start);
        let first = document.tokens.iter().find(|token| {
            let is_code = !matches!(
                token.kind(),
                TokenKind::NonLogicalNewline
                    | TokenKind::Newline
                    | TokenKind::Indent
                    | TokenKind::Dedent
            );
            is_code && token.start().to_u32() >= start
        });
        let first = first.map_or(start, |token| token.start().to_u32());
        return lines.start(text, lines.line(first));
    }
    let mut line = 1;
    while line <= 2 {
        let body = document.source.slice(lines.span(text, line));
        let starts_program = line == 1 && body.starts_with("#!");
        let names_coding = body.trim_start().starts_with('#') && body.contains("coding");
        if !starts_program && !names_coding {
            break;
        }
        line += 1;
    }
    lines.start(text, line)
}

fn insert(at: u32, text: String) -> Edit {
    Edit {
        span: Span::at(at),
        text,
    }
}

#[cfg(test)]
mod tests {
    use looplint_model::{Domain, Fix, Safety, Settings, Source};

    use super::*;
    use crate::Python;

    /// The text after the edit for what is marked with `<>`, and whether the comment then covers it.
    fn after(marked: &str, scope: SilenceScope) -> Option<String> {
        let at = marked.find("<>").unwrap();
        let text = marked.replacen("<>", "", 1);
        let source = Source::new("a.py", text.as_str());
        let place = Span::at(at as u32);
        let edit = Python::open(&source, &Settings::default(), |document, _, _| {
            edit(document, place, "a-rule", scope)
        })?;
        let moved = if edit.span.start <= place.start {
            edit.text.len() as u32 - edit.span.len()
        } else {
            0
        };
        let fix = Fix {
            title: String::new(),
            edits: vec![edit],
            safety: Safety::Safe,
        };
        let fixed = fix.apply(&text).unwrap();
        let source = Source::new("a.py", fixed.as_str());
        Python::open(&source, &Settings::default(), |document, _, _| {
            let at = place.start + moved;
            let covered = silence::silences(document).iter().any(|silence| {
                silence.rules.iter().any(|(rule, _)| rule == "a-rule")
                    && silence.covers.start <= at
                    && at <= silence.covers.end
            });
            assert!(covered, "{fixed}");
        });
        Some(fixed)
    }

    #[test]
    fn a_comment_goes_to_the_end_of_the_line() {
        for (before, wanted) in [
            ("<>x = 1\n", "x = 1  # looplint: ignore[a-rule]\n"),
            ("<>x = 1  ", "x = 1  # looplint: ignore[a-rule]"),
            (
                "<>x = 1\r\ny\r\n",
                "x = 1  # looplint: ignore[a-rule]\r\ny\r\n",
            ),
            (
                "x = 1  # type: ignore\n<>y = 1  # why\n",
                "x = 1  # type: ignore\ny = 1  # why  # looplint: ignore[a-rule]\n",
            ),
            (
                "for x in <>xs:\n    pass\n",
                "for x in xs:  # looplint: ignore[a-rule]\n    pass\n",
            ),
            (
                "f(\n    <>a,\n    b,\n)\n",
                "f(\n    a,  # looplint: ignore[a-rule]\n    b,\n)\n",
            ),
            (
                "x = <>1 + \\\n    2\n",
                "x = 1 + \\\n    2  # looplint: ignore[a-rule]\n",
            ),
            (
                "f(<>a, '''x\ny''')\n",
                "f(a, '''x\ny''')  # looplint: ignore[a-rule]\n",
            ),
            (
                "f(<>a, f'''x\n{y}\nz''')\n",
                "f(a, f'''x\n{y}\nz''')  # looplint: ignore[a-rule]\n",
            ),
        ] {
            assert_eq!(
                after(before, SilenceScope::Line).as_deref(),
                Some(wanted),
                "{before}"
            );
        }
    }

    #[test]
    fn a_comment_that_is_there_gets_one_rule_more() {
        for (before, wanted) in [
            (
                "<>x = 1  # looplint: ignore[b] old\n",
                "x = 1  # looplint: ignore[b, a-rule] old\n",
            ),
            (
                "# looplint: ignore[b]\n<>x = 1\n",
                "# looplint: ignore[b, a-rule]\nx = 1\n",
            ),
        ] {
            assert_eq!(
                after(before, SilenceScope::Line).as_deref(),
                Some(wanted),
                "{before}"
            );
        }
        let file = after(
            "# looplint: file-ignore[b] generated\n<>x = 1\n",
            SilenceScope::File,
        );
        assert_eq!(
            file.as_deref(),
            Some("# looplint: file-ignore[b, a-rule] generated\nx = 1\n")
        );
    }

    #[test]
    fn a_comment_for_the_file_leaves_the_first_lines_first() {
        for (before, wanted) in [
            ("<>x = 1\n", "# looplint: file-ignore[a-rule]\nx = 1\n"),
            (
                "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n'''Doc.'''\n<>x = 1\n",
                "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# looplint: file-ignore[a-rule]\n'''Doc.'''\nx = 1\n",
            ),
        ] {
            assert_eq!(
                after(before, SilenceScope::File).as_deref(),
                Some(wanted),
                "{before}"
            );
        }
    }
}
