//! The verdict on a run: which of its findings is the root, and which came along with it.
//!
//! Knows findings, their causal order and where a failed run without findings most often went wrong.
//! Does not know how findings were made.

use looplint_model::{Cost, Finding, RunCost, Severity};

use crate::run::{Role, Trace, TurnKind};

/// Informative findings from this place of the causal order on come along with failures, and explain none.
const SIGNS_FROM: u32 = 81;

/// Findings from this place of the causal order on say how a run ended, not why.
const ENDS_FROM: u32 = 88;

/// Signs that an action failed, in the first words of what it gave.
const FAILED_ACTION: [&str; 7] = [
    "Traceback (most recent call last)",
    "exitcode: 1",
    "execution failed",
    "404 Not Found",
    "403 Forbidden",
    "Error: ",
    "No such file or directory",
];

/// Characters of an action's text that are looked at for such signs.
const ACTION_HEAD: usize = 1500;

/// What is said of a run as a whole.
#[derive(Clone, Debug)]
pub struct Verdict<'f> {
    /// The finding that the others follow from; none where nothing speaks of a failure.
    pub root: Option<&'f Finding>,
    /// The best finding of each other mode, in causal order.
    pub also: Vec<&'f Finding>,
    /// What the run itself says of its outcome.
    pub passed: Option<bool>,
    /// A turn to look at first where a run failed and no finding says why, or only how it ended, as a place in the
    /// run's turns:
    /// the position that labelled runs of this kind failed at most often.
    pub suspect: Option<usize>,
    /// What all findings together wasted.
    pub waste: RunCost,
}

impl<'d> Trace<'d> {
    /// The verdict from this run's findings. `order` gives the causal place of a rule: the least is the root, and of
    /// equals the earliest turn.
    /// What is only informative makes no verdict of failure where the run says that it passed.
    pub fn verdict<'f>(&self, findings: &'f [Finding], order: impl Fn(&str) -> u32) -> Verdict<'f> {
        let passed = self.outcome.as_ref().map(|outcome| outcome.passed);
        let mut own: Vec<&Finding> = findings
            .iter()
            .filter(|finding| {
                finding
                    .run
                    .as_ref()
                    .is_some_and(|place| place.run == self.name())
            })
            .collect();
        let waste = waste(&own);
        own.sort_by_key(|finding| {
            (
                order(finding.rule),
                finding.run.as_ref().map_or(0, |place| place.turn),
                finding.span,
            )
        });
        let counts = |finding: &&&Finding| match passed {
            Some(true) => finding.severity == Severity::Error,
            // The last places of the order are signs, not causes.
            _ => finding.severity > Severity::Info || order(finding.rule) < SIGNS_FROM,
        };
        let root = own.iter().find(counts).copied();
        let mut also: Vec<&Finding> = Vec::new();
        for finding in own {
            let mode = |finding: &Finding| finding.run.as_ref().map(|place| place.mode);
            let seen = root.is_some_and(|root| mode(root) == mode(finding))
                || also.iter().any(|other| mode(other) == mode(finding));
            if !seen {
                also.push(finding);
            }
        }
        // A run that ended at a limit went wrong before it.
        let unexplained = root.is_none_or(|root| order(root.rule) >= ENDS_FROM);
        let suspect = (passed == Some(false) && unexplained)
            .then(|| self.suspect())
            .flatten();
        Verdict {
            root,
            also,
            passed,
            suspect,
            waste,
        }
    }

    /// The turn at which failed runs of this shape went wrong most often: under an orchestrator the first action that
    /// failed, else the word that the request is satisfied, else the second action; in a group the second turn.
    pub fn suspect(&self) -> Option<usize> {
        let orchestrated = self.turns.iter().any(|turn| turn.kind == TurnKind::Thought);
        let agents: Vec<usize> = (0..self.turns.len())
            .filter(|&at| self.turns[at].role == Role::Agent)
            .collect();
        if orchestrated {
            let lead = agents
                .first()
                .and_then(|&at| self.turns[at].agent.as_deref());
            let actions: Vec<usize> = agents
                .iter()
                .copied()
                .filter(|&at| self.turns[at].agent.as_deref() != lead)
                .collect();
            let failed = actions.iter().copied().find(|&at| {
                let text = &self.turns[at].content.text;
                let head: String = text.chars().take(ACTION_HEAD).collect();
                FAILED_ACTION.iter().any(|sign| head.contains(sign))
            });
            let declared = agents.iter().copied().find(|&at| {
                let head: String = self.turns[at].content.text.chars().take(40).collect();
                self.turns[at].kind == TurnKind::Thought
                    && head.to_lowercase().contains("satisfied")
            });
            return failed
                .or(declared)
                .or(actions.get(1).copied())
                .or(actions.first().copied());
        }
        agents.get(1).or(agents.first()).copied()
    }
}

fn waste(findings: &[&Finding]) -> RunCost {
    let mut total = RunCost::default();
    for finding in findings {
        if let Some(Cost::Run(cost)) = &finding.cost {
            total.calls += cost.calls;
            total.tokens += cost.tokens;
            total.milliseconds += cost.milliseconds;
            total.share = (total.share + cost.share).min(1.0);
        }
    }
    total
}
