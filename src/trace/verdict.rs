//! The verdict on a run: which of its findings is the root, and which came along with it.
//!
//! Knows findings, their causal order and where a failed run without findings most often went wrong.
//! Does not know how findings were made.

use looplint_model::{Cost, Finding, RunCost, Severity};

use crate::facts::{Effect, page};
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

/// A stop within this many actions is what went wrong; one that comes later ends a run that had gone wrong before.
const EARLY_ACTIONS: usize = 4;

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
        let place = |finding: &Finding| match self.is_symptom(finding) {
            true => order(finding.rule).max(ENDS_FROM),
            false => order(finding.rule),
        };
        own.sort_by_key(|finding| {
            (
                place(finding),
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
        let unexplained = root.is_none_or(|root| place(root) >= ENDS_FROM);
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

    /// Whether a finding shows that a run had gone wrong before: a stop that came when the work was long under way,
    /// and under an orchestrator a circle, which web agents run into after the wrong turn.
    fn is_symptom(&self, finding: &Finding) -> bool {
        let Some(place) = &finding.run else {
            return false;
        };
        let circle = place.mode == "CIRCULAR_REASONING" && self.is_orchestrated();
        if place.mode != "GUARDRAIL_STOP" && !circle {
            return false;
        }
        let before = self
            .actions()
            .into_iter()
            .filter(|&at| self.turns[at].number <= place.turn);
        before.count() > EARLY_ACTIONS
    }

    /// The turns that act: those of agents other than the lead under an orchestrator, else those that call a tool.
    fn actions(&self) -> Vec<usize> {
        let agents = (0..self.turns.len()).filter(|&at| self.turns[at].role == Role::Agent);
        if !self.is_orchestrated() {
            return agents
                .filter(|&at| !self.turns[at].calls.is_empty())
                .collect();
        }
        let lead = agents
            .clone()
            .next()
            .and_then(|at| self.turns[at].agent.as_deref());
        agents
            .filter(|&at| self.turns[at].agent.as_deref() != lead)
            .collect()
    }

    fn is_orchestrated(&self) -> bool {
        self.turns.iter().any(|turn| turn.kind == TurnKind::Thought)
    }

    /// The turn at which failed runs of this shape went wrong most often.
    ///
    /// Under an orchestrator: an early action that failed, else the word that the request is satisfied, else the
    /// second action where it left the first one's page (the wrong source was opened), else the first (what it asked
    /// for was wrong). Where one agent serves a person: the first change that was refused, else the first change.
    /// In a group: the second turn.
    pub fn suspect(&self) -> Option<usize> {
        let agents: Vec<usize> = (0..self.turns.len())
            .filter(|&at| self.turns[at].role == Role::Agent)
            .collect();
        if self.is_orchestrated() {
            return self.suspect_action(&agents);
        }
        let people = self
            .turns
            .iter()
            .filter(|turn| turn.role == Role::User && !turn.content.is_blank());
        let changes: Vec<usize> = (0..self.calls.len())
            .filter(|&call| {
                self.call_facts()[call].effect == Effect::Change
                    && handed_over(self, call).is_none()
            })
            .collect();
        let refused = changes
            .iter()
            .copied()
            .find(|&call| self.failure(call).is_some());
        let change = refused.or(changes.first().copied());
        if people.count() > 1
            && let Some(change) = change
        {
            return Some(self.calls[change].turn);
        }
        agents.get(1).or(agents.first()).copied()
    }

    fn suspect_action(&self, agents: &[usize]) -> Option<usize> {
        let actions = self.actions();
        let failed = actions.iter().copied().take(EARLY_ACTIONS).find(|&at| {
            let text = &self.turns[at].content.text;
            let head: String = text.chars().take(ACTION_HEAD).collect();
            FAILED_ACTION.iter().any(|sign| head.contains(sign))
        });
        let declared = agents.iter().copied().find(|&at| {
            let head: String = self.turns[at].content.text.chars().take(40).collect();
            self.turns[at].kind == TurnKind::Thought && head.to_lowercase().contains("satisfied")
        });
        let site = |at: &usize| site(&self.turns[*at].content.text);
        let opened = || {
            let (first, second) = (actions.first()?, actions.get(1)?);
            let there = site(second)?;
            (Some(there) != site(first)).then_some(*second)
        };
        failed
            .or(declared)
            .or_else(opened)
            .or(actions.first().copied())
    }
}

/// The hand-off that a call makes, where it makes one.
fn handed_over(run: &Trace<'_>, call: usize) -> Option<usize> {
    run.handoffs()
        .iter()
        .position(|handoff| handoff.call == Some(call))
}

/// The host of the page that a turn shows.
fn site(text: &str) -> Option<&str> {
    let url = page(text)?.url;
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next()
}

/// The findings' waste in sum. What a rule on cost says of the whole run holds the others' calls, so the greater counts.
fn waste(findings: &[&Finding]) -> RunCost {
    let (mut total, mut whole) = (RunCost::default(), RunCost::default());
    let mut places = Vec::new();
    for finding in findings {
        let (Some(Cost::Run(cost)), Some(place)) = (&finding.cost, &finding.run) else {
            continue;
        };
        if place.mode == "RUNAWAY_COST" {
            whole = greater(whole, *cost);
        } else if !places.contains(&finding.span) {
            places.push(finding.span);
            total.calls += cost.calls;
            total.tokens += cost.tokens;
            total.milliseconds += cost.milliseconds;
            total.share = (total.share + cost.share).min(1.0);
        }
    }
    greater(total, whole)
}

fn greater(a: RunCost, b: RunCost) -> RunCost {
    RunCost {
        calls: a.calls.max(b.calls),
        tokens: a.tokens.max(b.tokens),
        milliseconds: a.milliseconds.max(b.milliseconds),
        share: a.share.max(b.share),
    }
}
