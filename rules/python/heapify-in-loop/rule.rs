//! `heapq.heapify(heap)` in a loop.

use looplint_model::{Cost, Cx};
use looplint_python::{Kind, Monomial, Node, Python, Scan, big_o};

pub const ON: &[Kind] = &[Kind::Call];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if !node.is_qualified("heapq.heapify") {
        return;
    }
    let Some(heap) = node.argument(0, "") else { return };
    let Some(scan) = Scan::of(node, heap) else { return };
    let name = heap.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{name}` is made a heap anew in every iteration; `heapq.heappush` and `heappop` keep it one"),
    );
    finding.suggestion = format!("heapq.heappush({name}, value)");
    finding.label = "goes through the whole heap".into();
    finding.related = scan.related(&heap.typed());
    let n = heap.size_name();
    let mut cost = node.square_cost(heap, &scan.loops);
    cost.after = big_o(&[Monomial::of(&n).log(&n)]);
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}
