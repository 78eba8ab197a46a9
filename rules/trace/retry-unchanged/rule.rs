//! A call that failed, made again as it was.

use looplint_model::{Cost, Cx};
use looplint_trace::{ErrorClass, Kind, Node, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    for repeat in run.repeats() {
        if !repeat.after_failure || !repeat.is_idle() {
            continue;
        }
        // Services that were busy may answer the second time.
        let Some(failure) = run.failure(repeat.previous) else { continue };
        if matches!(failure.class, ErrorClass::Timeout | ErrorClass::RateLimit | ErrorClass::Unavailable) {
            continue;
        }
        let name = &run.calls[repeat.call].name.text;
        let mut finding = run.finding_at_call(
            cx,
            repeat.call,
            format!("`{name}` failed with these arguments and is called with the same ones again"),
        );
        finding.suggestion = "feed the error back and ask for other arguments, or end the attempt".into();
        finding.label = "the call that failed before".into();
        finding.related = vec![run.related_call(repeat.previous, "it failed here")];
        finding.cost = Some(Cost::Run(run.waste(&[repeat.call])));
        cx.report(finding);
    }
}
