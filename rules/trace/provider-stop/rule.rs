//! Content filters and bot walls.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, StopKind, Traces, page};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let stops = run.stops().iter();
    let mut wall = None;
    for stop in stops.filter(|stop| matches!(stop.kind, StopKind::ContentFilter | StopKind::BotWall)) {
        // Scrolling a wall shows the same wall.
        let url = page(&run.turns[stop.turn].content.text).map(|page| page.url);
        if stop.kind == StopKind::BotWall && url.is_some() && url == wall {
            continue;
        }
        wall = url;
        let span = match stop.call {
            Some(call) => run.calls[call].result.as_ref().map_or(run.calls[call].span, |result| {
                result.content.place(&cx.source.text, stop.range.clone())
            }),
            None if stop.range.is_empty() => run.turns[stop.turn].span,
            None => run.turns[stop.turn].content.place(&cx.source.text, stop.range.clone()),
        };
        let (message, suggestion) = match stop.kind {
            StopKind::ContentFilter => (
                "the provider's content filter stops the run here",
                "look at what in the prompt or in a tool's result set the filter off",
            ),
            _ => ("a wall against robots answers instead of the page", "use another source or the site's official interface"),
        };
        let mut finding = run.finding(cx, stop.turn, span, message);
        finding.suggestion = suggestion.into();
        finding.label = "stopped here".into();
        cx.report(finding);
    }
}
