//! Checking a text again after an edit: what the edit cannot have changed is not looked at a second time.
//!
//! Knows that a domain cuts its document into pieces and says what each depends on.
//! Does not know what a piece is, nor how long what is kept stays of use.

use std::collections::HashMap;
use std::sync::Arc;

use looplint_model::{Domain, Finding, Piece, Span};

/// What was found in the pieces of one text, for the next check of it with the same rules and settings.
#[derive(Debug, Default)]
pub struct Kept(HashMap<u64, Seen>);

#[derive(Clone, Debug)]
struct Seen {
    /// Where what it depends on was.
    on: Arc<[Span]>,
    /// What was found, before anything was silenced.
    findings: Arc<[Finding]>,
    /// What was asked about the document as a whole, with the answers.
    asked: Arc<[(String, bool)]>,
}

impl Kept {
    /// The findings of a piece, where it is what it was; keeps them in `next` too.
    pub(crate) fn reuse<'d, D: Domain>(
        &self,
        document: &'d D::Document<'d>,
        piece: &Piece,
        findings: &mut Vec<Finding>,
        next: &mut Kept,
    ) -> bool {
        let Some((key, seen)) = piece.key.and_then(|key| Some((key, self.0.get(&key)?))) else {
            return false;
        };
        let holds = |(question, answer): &(String, bool)| D::answers(document, question) == *answer;
        if seen.on.len() != piece.on.len() || !seen.asked.iter().all(holds) {
            return false;
        }
        if seen.on == piece.on {
            findings.extend(seen.findings.iter().cloned());
            next.0.insert(key, seen.clone());
            return true;
        }
        let shift = Shift {
            from: &seen.on,
            to: &piece.on,
        };
        let Some(moved) = seen
            .findings
            .iter()
            .map(|each| shift.finding(each))
            .collect()
        else {
            return false;
        };
        let moved: Vec<Finding> = moved;
        findings.extend(moved.iter().cloned());
        let seen = Seen {
            on: Arc::clone(&piece.on),
            findings: moved.into(),
            asked: Arc::clone(&seen.asked),
        };
        next.0.insert(key, seen);
        true
    }

    /// Keeps what was found in a piece, unless that points elsewhere than to what the piece depends on.
    pub(crate) fn keep(&mut self, piece: &Piece, found: &[Finding], asked: Vec<(String, bool)>) {
        let Some(key) = piece.key else { return };
        let shift = Shift {
            from: &piece.on,
            to: &piece.on,
        };
        if found.iter().all(|finding| shift.finding(finding).is_some()) {
            let seen = Seen {
                on: Arc::clone(&piece.on),
                findings: found.into(),
                asked: asked.into(),
            };
            self.0.insert(key, seen);
        }
    }
}

/// Moves places of one text to where they are in another.
struct Shift<'s> {
    from: &'s [Span],
    to: &'s [Span],
}

impl Shift<'_> {
    fn finding(&self, finding: &Finding) -> Option<Finding> {
        let mut moved = finding.clone();
        moved.span = self.span(finding.span)?;
        for related in &mut moved.related {
            related.span = self.span(related.span)?;
        }
        if let Some(fix) = &mut moved.fix {
            for edit in &mut fix.edits {
                edit.span = self.span(edit.span)?;
            }
        }
        Some(moved)
    }

    fn span(&self, span: Span) -> Option<Span> {
        // The span that it lies in; what has no length may lie at the end of one.
        let after = self.from.partition_point(|each| each.start <= span.start);
        let inside = |at: usize| {
            let (from, to) = (self.from.get(at)?, self.to.get(at)?);
            let fits = from.start <= span.start && span.end <= from.end;
            fits.then(|| {
                let start = span.start - from.start + to.start;
                Span::new(start, start + (span.end - span.start))
            })
        };
        let own = after.checked_sub(1).and_then(inside);
        let border = after
            .checked_sub(2)
            .filter(|_| span.start == span.end)
            .and_then(inside);
        match (own, border) {
            // Between two that stood side by side and no longer do, nobody knows which one is meant.
            (Some(own), Some(border)) if own != border => None,
            (own, border) => own.or(border),
        }
    }
}
