//! What looplint says: a finding, its places, its fix; and what it could not do: a problem.
//!
//! Plain data. Does not know how a finding is printed or which domain found it.

use crate::cost::Cost;
use crate::source::{Source, Span};

/// A source with all that was found in it and all that went wrong; what the engine gives and reports take.
#[derive(Debug)]
pub struct Checked {
    /// The text. Empty where the file could not be read.
    pub source: Source,
    /// What was found, in the order of the text.
    pub findings: Vec<Finding>,
    /// What kept the source from being checked in full.
    pub problems: Vec<Problem>,
}

/// One thing found, by one rule, at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule's public id, `list-membership-in-loop`.
    pub rule: &'static str,
    /// The domain that found it, `python` or `trace`.
    pub domain: &'static str,
    /// The narrowest text that shows it.
    pub span: Span,
    /// What, why and what instead; one line without a full stop.
    pub message: String,
    /// What to write instead, for the simple JSON form and the help line; one line.
    pub suggestion: String,
    /// A few words under the primary span; the message stands in where this is empty.
    pub label: String,
    /// How much it matters when it is true.
    pub severity: Severity,
    /// How sure it is that it is true.
    pub confidence: Confidence,
    /// Other places that belong to it: where the list is bound, the loop, the earlier identical call.
    pub related: Vec<Related>,
    /// What it costs, where that is known.
    pub cost: Option<Cost>,
    /// How to change it, where that is known.
    pub fix: Option<Fix>,
    /// Where in a run it is, for findings in traces.
    pub run: Option<RunPlace>,
}

/// A place that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The place, in the same source.
    pub span: Span,
    /// Why it matters, in a few words.
    pub message: String,
}

/// A finding's place in an agent's run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPlace {
    /// The run's id, or its number in the file from 1 where it has none.
    pub run: String,
    /// The turn's number, as the run counts.
    pub turn: i64,
    /// The failure mode, `CIRCULAR_REASONING`.
    pub mode: &'static str,
    /// Measured probability that the finding is right, from 0 to 1.
    pub probability: f64,
}

/// How much a finding matters when it is true. Ordered: the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth changing.
    Warning,
    /// Worth failing a build; for traces, structurally proven.
    Error,
}

/// How sure a finding is. Ordered: the surest is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The shape fits and nothing speaks against it.
    Possible,
    /// Evidence short of proof: a name's use, an annotation that may be wider.
    Likely,
    /// Every fact the rule needs was shown.
    Proven,
}

impl Severity {
    /// `info`, `warning` or `error`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// Reads what [`Severity::as_str`] writes; traces also say `hard` and `warn`.
    pub fn parse(text: &str) -> Option<Severity> {
        match text {
            "info" => Some(Severity::Info),
            "warning" | "warn" => Some(Severity::Warning),
            "error" | "hard" => Some(Severity::Error),
            _ => None,
        }
    }
}

impl Confidence {
    /// `possible`, `likely` or `proven`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Proven => "proven",
        }
    }

    /// Reads what [`Confidence::as_str`] writes.
    pub fn parse(text: &str) -> Option<Confidence> {
        match text {
            "possible" => Some(Confidence::Possible),
            "likely" => Some(Confidence::Likely),
            "proven" => Some(Confidence::Proven),
            _ => None,
        }
    }
}

/// A replacement of `span` by `text`. An empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub text: String,
}

/// How to change the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the fix does, in the imperative, for a menu: `Build a set before the loop`.
    pub title: String,
    /// The edits, sorted, not overlapping. Empty for guidance that is only told.
    pub edits: Vec<Edit>,
    /// Whether it may be applied unasked, and why not.
    pub safety: Safety,
}

/// Whether a fix may be applied unasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Every condition of the rule is proven: behaviour stays the same.
    Safe,
    /// Some condition is unproven: which one, in a few words.
    Unsafe(String),
    /// Code to write by hand; never applied.
    Guidance,
}

impl Fix {
    /// Applies the edits to `text`.
    ///
    /// Returns `None` where an edit is out of range, overlaps another or cuts a character.
    pub fn apply(&self, text: &str) -> Option<String> {
        let mut edits: Vec<&Edit> = self.edits.iter().collect();
        edits.sort();
        let mut out = String::with_capacity(text.len() + 64);
        let mut done = 0usize;
        for edit in edits {
            let (start, end) = (edit.span.start as usize, edit.span.end as usize);
            if start < done || end < start {
                return None;
            }
            out.push_str(text.get(done..start)?);
            text.get(start..end)?;
            out.push_str(&edit.text);
            done = end;
        }
        out.push_str(text.get(done..)?);
        Some(out)
    }
}

/// Something that kept looplint from checking all of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of trouble.
    pub kind: ProblemKind,
    /// Where, where that is known.
    pub span: Option<Span>,
    /// What happened, in one line without a full stop.
    pub message: String,
}

/// Kinds of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The file could not be read.
    Unreadable,
    /// The bytes are no text in the encoding that they claim.
    Encoding,
    /// The text is not what its language allows; what could be parsed was checked.
    Syntax,
    /// The text is too deep or too large to check.
    Limit,
    /// A named file is not in a format that looplint knows.
    Unrecognised,
    /// A rule failed; the others ran.
    Rule,
}

impl ProblemKind {
    /// `unreadable`, `encoding`, `syntax`, `limit`, `unrecognised` or `rule`.
    pub const fn as_str(self) -> &'static str {
        match self {
            ProblemKind::Unreadable => "unreadable",
            ProblemKind::Encoding => "encoding",
            ProblemKind::Syntax => "syntax",
            ProblemKind::Limit => "limit",
            ProblemKind::Unrecognised => "unrecognised",
            ProblemKind::Rule => "rule",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_in_order_and_never_overlap() {
        let edit = |start, end, text: &str| Edit {
            span: Span::new(start, end),
            text: text.into(),
        };
        let fix = |edits| Fix {
            title: String::new(),
            edits,
            safety: Safety::Safe,
        };
        assert_eq!(
            fix(vec![edit(2, 3, "X"), edit(0, 0, "<")])
                .apply("abc")
                .unwrap(),
            "<abX"
        );
        assert_eq!(
            fix(vec![edit(0, 2, "x"), edit(1, 3, "y")]).apply("abc"),
            None
        );
        assert_eq!(fix(vec![edit(1, 9, "x")]).apply("abc"), None);
        assert_eq!(fix(vec![edit(1, 1, "x")]).apply("\u{e9}"), None);
    }
}
