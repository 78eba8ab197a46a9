//! Which step is inside which, and what follows from it: agents, threads, answers that are logged twice.
//!
//! Does not know what the steps say.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::{Step, StepKind};

/// Ancestors beyond this are not looked at: a broken tracer may write a circle.
const DEPTH_MAX: usize = 256;

/// Who is inside whom.
pub(super) struct Family {
    pub(super) parent: Vec<Option<usize>>,
}

impl Family {
    pub(super) fn of(steps: &[Step<'_>]) -> Family {
        let mut by_id: FxHashMap<&str, usize> = FxHashMap::default();
        for (at, step) in steps.iter().enumerate() {
            if let Some(id) = &step.id {
                by_id.insert(id, at);
            }
        }
        let parent = |step: &Step<'_>| by_id.get(step.parent.as_deref()?).copied();
        Family {
            parent: steps.iter().map(parent).collect(),
        }
    }

    pub(super) fn ancestors(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.parent[of], |&at| self.parent[at]).take(DEPTH_MAX)
    }

    /// The name of the nearest agent around a step.
    pub(super) fn agent<'d>(&self, steps: &[Step<'d>], of: usize) -> Option<Cow<'d, str>> {
        self.ancestors(of)
            .find(|&at| steps[at].kind == StepKind::Agent)
            .and_then(|at| steps[at].name.clone())
    }

    /// A model that works inside a tool's execution is a sub-agent: each such execution is a thread.
    pub(super) fn threads(&self, steps: &[Step<'_>]) -> Vec<u32> {
        let mut numbers: FxHashMap<usize, u32> = FxHashMap::default();
        let mut thread = |at: usize| {
            let tool = self
                .ancestors(at)
                .find(|&outer| steps[outer].kind == StepKind::Tool);
            let next = numbers.len() as u32 + 1;
            tool.map_or(0, |tool| *numbers.entry(tool).or_insert(next))
        };
        (0..steps.len()).map(&mut thread).collect()
    }
}

/// A model step inside a model step logs the same answer twice: the side that shows less falls silent, innermost first.
pub(super) fn choose(steps: &mut [Step<'_>], family: &Family) {
    let models: Vec<usize> = (0..steps.len())
        .filter(|&at| steps[at].kind == StepKind::Model)
        .collect();
    let around = |at: usize| {
        family
            .ancestors(at)
            .filter(|&outer| steps[outer].kind == StepKind::Model)
    };
    let mut order: Vec<(usize, usize, Option<usize>)> = models
        .iter()
        .map(|&at| (around(at).count(), at, around(at).next()))
        .collect();
    order.sort_by_key(|(depth, at, _)| (std::cmp::Reverse(*depth), *at));
    // The steps inside each model step that still speak.
    let mut inside: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    let mut silent = Vec::new();
    for (_, at, outer) in order {
        let inner = inside.remove(&at).unwrap_or_default();
        let within: usize = inner.iter().map(|&inner| steps[inner].weight()).sum();
        let speaks = if inner.is_empty() {
            vec![at]
        } else if steps[at].weight() > within {
            silent.extend(inner);
            vec![at]
        } else {
            silent.push(at);
            inner
        };
        if let Some(outer) = outer {
            inside.entry(outer).or_default().extend(speaks);
        }
    }
    for at in silent {
        steps[at].input.clear();
        steps[at].output.clear();
        steps[at].kind = StepKind::Other;
    }
}
