//! Comments that silence what was found, as `--add-ignore` writes them.

use looplint_engine::{Chosen, IGNORE_UNKNOWN, IGNORE_UNUSED, IGNORE_WITHOUT_REASON, Wing, touch};
use looplint_model::{Checked, Finding, Settings, SilenceScope};

/// Whether a comment could silence the finding: not one in a run, which is data, nor one about such a comment.
pub(super) fn takes(finding: &Finding) -> bool {
    let about_comments = [IGNORE_UNKNOWN, IGNORE_UNUSED, IGNORE_WITHOUT_REASON];
    finding.run.is_none() && !about_comments.contains(&finding.rule)
}

/// Comments for the findings of a text. A line with findings of several rules gets one in each pass.
pub(super) fn comments(
    wing: &dyn Wing,
    checked: &Checked,
    settings: &Settings,
    reason: &str,
) -> Chosen {
    let mut chosen = Chosen::default();
    for finding in checked.findings.iter().filter(|finding| takes(finding)) {
        let (at, rule) = (finding.span, finding.rule);
        let edit = wing.quiet(&checked.source, settings, at, rule, SilenceScope::Line);
        let Some(mut edit) = edit else { continue };
        if edit.text.ends_with(']') && !reason.is_empty() {
            edit.text += " ";
            edit.text += reason;
        }
        if chosen.edits.contains(&edit) {
            chosen.rules.push(rule);
        } else if !chosen
            .edits
            .iter()
            .any(|other| touch(other.span, edit.span))
        {
            chosen.rules.push(rule);
            chosen.edits.push(edit);
        }
    }
    chosen.edits.sort();
    chosen
}
