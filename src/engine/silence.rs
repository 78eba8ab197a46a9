//! Silence: comments that switch rules off, and what is wrong with such comments.
//!
//! A comment that silences nothing, names no rule or gives no reason is itself a finding,
//! under a rule that is switched on and off like any other.

use looplint_model::{
    Confidence, Domain, Edit, Finding, Fix, Rule, Safety, Severity, Silence, Source, Span,
};

use crate::table::{Outcome, Table};

/// The rule that reports a comment which silences nothing.
pub const IGNORE_UNUSED: &str = "ignore-unused";
/// The rule that reports a comment which names a rule that does not exist.
pub const IGNORE_UNKNOWN: &str = "ignore-unknown-rule";
/// The rule that reports a comment without a reason.
pub const IGNORE_WITHOUT_REASON: &str = "ignore-without-reason";

/// Takes silenced findings out of `outcome` and adds findings about the silences themselves.
pub(crate) fn apply<D: Domain>(
    table: &Table<D>,
    source: &Source,
    silences: &[Silence],
    outcome: &mut Outcome,
) {
    if silences.is_empty() {
        return;
    }
    let mut used: Vec<Vec<bool>> = silences
        .iter()
        .map(|silence| vec![false; silence.rules.len()])
        .collect();
    let found = std::mem::take(&mut outcome.findings);
    for finding in found {
        if mark(silences, &mut used, &finding) {
            outcome.silenced.push(finding);
        } else {
            outcome.findings.push(finding);
        }
    }
    for (silence, used) in silences.iter().zip(&used) {
        housekeeping(table, source, silence, used, &mut outcome.findings);
    }
    outcome
        .findings
        .sort_by(|a, b| (a.span, a.rule).cmp(&(b.span, b.rule)));
}

/// Marks every silence that covers `finding`; whether there was one.
fn mark(silences: &[Silence], used: &mut [Vec<bool>], finding: &Finding) -> bool {
    let mut silenced = false;
    for (silence, used) in silences.iter().zip(used) {
        let start = finding.span.start;
        if start < silence.covers.start || silence.covers.end < start {
            continue;
        }
        for ((rule, _), used) in silence.rules.iter().zip(used) {
            if rule == finding.rule {
                *used = true;
                silenced = true;
            }
        }
    }
    silenced
}

fn housekeeping<D: Domain>(
    table: &Table<D>,
    source: &Source,
    silence: &Silence,
    used: &[bool],
    findings: &mut Vec<Finding>,
) {
    let mut say = |rule: &str, span: Span, message: String, fix: Option<Fix>| {
        if let Some(rule) = table.rule(rule) {
            findings.push(finding(rule, span, message, fix));
        }
    };
    for (at, (rule, span)) in silence.rules.iter().enumerate() {
        let fix = || Some(without(source, silence, at));
        if !table.knows(rule) {
            let hint = nearest(rule, table.known())
                .map_or(String::new(), |near| format!("; did you mean `{near}`"));
            say(
                IGNORE_UNKNOWN,
                *span,
                format!("no rule is called `{rule}`{hint}"),
                fix(),
            );
        } else if !used[at] && table.rule(rule).is_some() {
            let message = format!("nothing here is silenced by `{rule}`; remove it");
            say(IGNORE_UNUSED, *span, message, fix());
        }
    }
    if silence.reason.is_empty() {
        let message = "a silencing comment says no reason; write one after the bracket";
        say(IGNORE_WITHOUT_REASON, silence.comment, message.into(), None);
    }
}

fn finding<D: Domain>(
    rule: &'static Rule<D>,
    span: Span,
    message: String,
    fix: Option<Fix>,
) -> Finding {
    Finding {
        rule: rule.id,
        domain: D::NAME,
        span,
        suggestion: message.clone(),
        message,
        label: String::new(),
        severity: Severity::min(rule.page().severity, Severity::Warning),
        confidence: Confidence::Proven,
        related: Vec::new(),
        cost: None,
        fix,
        run: None,
    }
}

/// Removes the rule number `at` from the comment, or the whole comment with it when it is the only one.
fn without(source: &Source, silence: &Silence, at: usize) -> Fix {
    let span = if silence.rules.len() > 1 {
        with_comma(silence, at)
    } else {
        with_blanks(source, silence)
    };
    Fix {
        title: "Remove what silences nothing".into(),
        edits: vec![Edit {
            span,
            text: String::new(),
        }],
        safety: Safety::Safe,
    }
}

fn with_comma(silence: &Silence, at: usize) -> Span {
    let own = silence.rules[at].1;
    match silence.rules.get(at + 1) {
        Some((_, next)) => Span::new(own.start, next.start),
        None => Span::new(silence.rules[at - 1].1.end, own.end),
    }
}

/// The comment with the blanks before it, and with its line when there is nothing else on it.
fn with_blanks(source: &Source, silence: &Silence) -> Span {
    let before = source
        .text
        .get(..silence.comment.start as usize)
        .unwrap_or("");
    let kept = before.trim_end_matches([' ', '\t']);
    let mut span = Span::new(kept.len() as u32, silence.comment.end);
    let alone = kept.is_empty() || kept.ends_with(['\n', '\r']);
    if alone {
        let after = source.text.get(span.end as usize..).unwrap_or("");
        let newline = if after.starts_with("\r\n") {
            2
        } else {
            u32::from(!after.is_empty())
        };
        span.end += newline;
    }
    span
}

/// The known id nearest to `wanted`, where one is near enough to have been meant.
pub fn nearest<'k>(wanted: &str, known: &[&'k str]) -> Option<&'k str> {
    let limit = 1 + wanted.len() / 4;
    known
        .iter()
        .map(|&id| (strsim::osa_distance(wanted, id), id))
        .filter(|&(distance, _)| distance <= limit)
        .min()
        .map(|(_, id)| id)
}
