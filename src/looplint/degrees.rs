//! The gate for review: functions whose cost has a higher degree than it had at a commit.
//!
//! Compares what the Python domain says of two versions of a file; knows nothing of loops itself.

use std::collections::{HashMap, HashSet};

use looplint_engine::Table;
use looplint_model::{
    CodeCost, Cost, Domain, Finding, Related, Settings, Silence, Size, SizeOrigin, Source,
};
use looplint_python::{FunctionCost, Python};

use crate::select;

/// The rule that reports them.
pub(crate) const RULE: &str = "cost-degree-rise";

/// A finding for each function whose cost rose from its degree in `before` to at least `least`,
/// but where a comment of `after` silences it.
pub(crate) fn compare(
    before: &Source,
    after: &Source,
    settings: &Settings,
    least: u32,
) -> Vec<Finding> {
    let Some(page) = select::find(RULE) else {
        return Vec::new();
    };
    let (old, _) = costs(before, settings);
    let (new, silences) = costs(after, settings);
    let old: HashMap<(&str, usize), &FunctionCost> = numbered(&old).collect();
    let rose: Vec<(&FunctionCost, &FunctionCost)> = numbered(&new)
        .filter_map(|(key, new)| Some((*old.get(&key)?, new)))
        .filter(|(old, new)| new.degree > old.degree && new.degree >= least)
        .collect();
    let names: HashSet<&str> = rose.iter().map(|(_, new)| new.name.as_str()).collect();
    let through = |new: &FunctionCost| {
        let callee = new.through.as_deref();
        callee.is_some_and(|callee| callee != new.name && names.contains(callee))
    };
    let mut findings: Vec<Finding> = rose
        .iter()
        .filter(|(_, new)| !through(new))
        .map(|(old, new)| finding(page, old, new, settings))
        .collect();
    findings.retain(|finding| !silences.iter().any(|silence| covers(silence, finding)));
    findings
}

fn costs(source: &Source, settings: &Settings) -> (Vec<FunctionCost>, Vec<Silence>) {
    let table: Table<Python> = Table::new([], Vec::new());
    let (outcome, costs) =
        table.check_with(source, settings, |document, _| document.function_costs());
    (costs, outcome.silences)
}

fn covers(silence: &Silence, finding: &Finding) -> bool {
    let at = finding.span.start;
    let is_inside = silence.covers.start <= at && at <= silence.covers.end;
    is_inside && silence.rules.iter().any(|(rule, _)| rule == finding.rule)
}

/// Functions by their name, and by their number among those of one name.
fn numbered(costs: &[FunctionCost]) -> impl Iterator<Item = ((&str, usize), &FunctionCost)> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    costs.iter().map(move |cost| {
        let nth = seen.entry(cost.name.as_str()).or_default();
        *nth += 1;
        ((cost.name.as_str(), *nth), cost)
    })
}

fn finding(
    page: &'static looplint_model::Page,
    old: &FunctionCost,
    new: &FunctionCost,
    settings: &Settings,
) -> Finding {
    let (before, after) = (&new.cost, &old.cost);
    let through = match &new.through {
        Some(callee) => format!(" through `{callee}`"),
        None => String::new(),
    };
    Finding {
        rule: RULE,
        domain: Python::NAME,
        span: new.at,
        message: format!(
            "`{}` was {after} and is {before}{through}; keep the cost that it had, or say why its sizes stay small",
            new.name
        ),
        suggestion: format!("bring `{}` back to {after}", new.name),
        label: "the costliest place".into(),
        severity: page.severity,
        confidence: page.confidence,
        related: vec![Related {
            span: new.header,
            message: format!("was {after}"),
        }],
        cost: Some(Cost::Code(CodeCost {
            before: before.clone(),
            after: after.clone(),
            depth: new.degree,
            size: Size {
                n: settings.assume_size,
                origin: SizeOrigin::Assumed,
            },
            shape: "",
            curve: None,
        })),
        fix: None,
        run: None,
    }
}
