//! Fixes as readers want them: as one replacement, or as lines that go and lines that come.
//!
//! Does not apply anything.

use looplint_model::{Edit, Source, Span};

/// The edits as one, from the first to the last. `None` where they overlap or do not fit the text.
pub(crate) fn one_edit(text: &str, edits: &[Edit]) -> Option<Edit> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort();
    let span = edits.first()?.span.cover(edits.last()?.span);
    let mut out = String::new();
    let mut done = span.start;
    for edit in edits {
        out.push_str(text.get(done as usize..edit.span.start as usize)?);
        out.push_str(&edit.text);
        done = edit.span.end;
    }
    Some(Edit { span, text: out })
}

/// Lines that go and lines that come in their place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hunk {
    /// Where the first line starts.
    pub(crate) at: u32,
    /// Lines that go.
    pub(crate) before: Vec<String>,
    /// Lines that come.
    pub(crate) after: Vec<String>,
}

/// What the edits change, edits on neighbouring lines together.
pub(crate) fn hunks(source: &Source, edits: &[Edit]) -> Vec<Hunk> {
    let lines = source.lines();
    let mut edits: Vec<Edit> = edits.to_vec();
    edits.sort();
    let mut groups: Vec<Vec<Edit>> = Vec::new();
    for edit in edits {
        let near = groups
            .last()
            .and_then(|group| group.last())
            .is_some_and(|last| lines.line(edit.span.start) <= lines.line(last.span.end) + 1);
        match groups.last_mut() {
            Some(group) if near => group.push(edit),
            _ => groups.push(vec![edit]),
        }
    }
    groups
        .iter()
        .filter_map(|group| hunk(source, group))
        .collect()
}

fn hunk(source: &Source, edits: &[Edit]) -> Option<Hunk> {
    let edit = one_edit(&source.text, edits)?;
    let lines = source.lines();
    let (first, last) = (lines.line(edit.span.start), lines.line(edit.span.end));
    let start = lines.start(&source.text, first);
    let end = lines.span(&source.text, last).end.max(edit.span.end);
    let before = source.slice(Span::new(start, end));
    let head = source.slice(Span::new(start, edit.span.start));
    let tail = source.slice(Span::new(edit.span.end, end));
    let after = format!("{head}{}{tail}", edit.text);
    let mut before: Vec<String> = before.lines().map(str::to_owned).collect();
    let mut after: Vec<String> = after.lines().map(str::to_owned).collect();
    let mut at = first;
    while !before.is_empty() && before.first() == after.first() {
        before.remove(0);
        after.remove(0);
        at += 1;
    }
    while !before.is_empty() && before.last() == after.last() {
        before.pop();
        after.pop();
    }
    Some(Hunk {
        at: lines.start(&source.text, at),
        before,
        after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changed_lines_are_in_a_hunk() {
        let source = Source::new("a.py", "a\nb\nc\nd\ne\nf\n");
        let edit = |start, end, text: &str| Edit {
            span: Span::new(start, end),
            text: text.into(),
        };
        let edits = [edit(0, 0, "new\n"), edit(10, 11, "F"), edit(8, 9, "E")];
        let lines = |text: &[&str]| {
            text.iter()
                .map(|line| (*line).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            hunks(&source, &edits),
            [
                Hunk {
                    at: 0,
                    before: vec![],
                    after: lines(&["new"])
                },
                Hunk {
                    at: 8,
                    before: lines(&["e", "f"]),
                    after: lines(&["E", "F"])
                },
            ]
        );
        let removal = [edit(2, 4, "")];
        assert_eq!(
            hunks(&source, &removal),
            [Hunk {
                at: 2,
                before: lines(&["b"]),
                after: vec![]
            }]
        );
    }
}
