//! A to B to A to B, with no result in between.

use looplint_model::{Cost, Cx};
use looplint_trace::{Kind, Node, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let handoffs = run.handoffs();
    for window in handoffs.windows(4) {
        let [first, second, third, fourth] = window else { continue };
        let (Some(a), b) = (&first.from, &first.to) else { continue };
        let back = |from: &Option<String>, to: &String, a: &String, b: &String| from.as_ref() == Some(a) && to == b;
        let ping_pong = back(&second.from, &second.to, b, a) && back(&third.from, &third.to, a, b) && back(&fourth.from, &fourth.to, b, a);
        let worked = run.calls.iter().enumerate().any(|(at, call)| {
            call.turn > first.turn && call.turn < fourth.turn && call.result.is_some() && !handoffs.iter().any(|handoff| handoff.call == Some(at))
        });
        if !ping_pong || worked || a == b {
            continue;
        }
        let mut finding = run.finding(
            cx,
            third.turn,
            run.turns[third.turn].span,
            format!("`{a}` and `{b}` hand the work to each other, and nothing is done in between"),
        );
        finding.suggestion = "say in each agent's instructions what it must do itself".into();
        finding.label = "handed over again".into();
        finding.related = vec![run.related_turn(first.turn, "the first time")];
        let calls: Vec<usize> = [third, fourth].iter().filter_map(|handoff| handoff.call).collect();
        finding.cost = Some(Cost::Run(run.waste(&calls)));
        cx.report(finding);
        return;
    }
}
