//! Lines of a file that were read before, the file unchanged.

use looplint_model::{Cost, Cx, Severity};
use looplint_trace::{Kind, Node, Traces};

pub const ON: &[Kind] = &[Kind::Run];

/// From this many reads of the same lines on, the agent has lost what it read.
const LOST_FROM: u32 = 3;

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    for reread in run.rereads() {
        // What a summary took away has to be read again; the same call twice in a row is another rule's.
        let at_once = run.repeats().iter().any(|repeat| repeat.call == reread.call && repeat.consecutive);
        if reread.compacted || at_once {
            continue;
        }
        let times = reread.count;
        let mut finding = run.finding_at_call(
            cx,
            reread.call,
            format!("these lines of `{}` are read for the {times}. time, and nothing was changed in between", reread.path),
        );
        finding.suggestion = "let the read tool answer that the file is unchanged since, or keep what was read in view".into();
        finding.label = "read before".into();
        if times >= LOST_FROM {
            finding.severity = Severity::Warning;
        }
        finding.related = vec![run.related_call(reread.first, "read first")];
        finding.cost = Some(Cost::Run(run.waste(&[reread.call])));
        cx.report(finding);
    }
}
