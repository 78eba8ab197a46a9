//! What the running time of functions grows with.

use looplint_model::{Domain, Settings, Source};
use looplint_python::Python;

/// Each function's name, cost and the text of its costliest place.
fn check(text: &str, expected: &str) {
    let source = Source::new("a.py", text);
    let lines = Python::open(&source, &Settings::default(), |document, source, _| {
        let costs = document.function_costs();
        let line = |cost: &looplint_python::FunctionCost| {
            let place = source
                .slice(cost.at)
                .lines()
                .next()
                .unwrap_or("")
                .to_owned();
            let through = cost.through.as_ref();
            let through = through.map_or(String::new(), |name| format!(" through {name}"));
            format!(
                "{}: {} {} at `{place}`{through}",
                cost.name, cost.cost, cost.degree
            )
        };
        costs.iter().map(line).collect::<Vec<String>>().join("\n")
    });
    assert_eq!(lines, expected.trim());
}

#[test]
fn loops_scans_and_sorts_multiply() {
    check(
        "
def constant(xs):
    for i in range(3):
        print(i)
    return xs[0]
def linear(xs):
    return sum(x for x in xs)
def scan(xs, ids: list):
    return [x for x in xs if x in ids]
def once(xs, ids: list):
    ids = set(ids)
    return [x for x in xs if x in ids]
def sorts(groups):
    for group in groups:
        group = sorted(group)
def waits(queue):
    while queue:
        for item in queue:
            pass
def raises(xs, ids: list):
    for x in xs:
        if x is None:
            raise ValueError(sorted(ids))
",
        "
constant: O(1) 0 at `def constant`
linear: O(xs) 1 at `sum(x for x in xs)`
scan: O(xs * ids) 2 at `x in ids`
once: O(ids) 1 at `set(ids)`
sorts: O(groups * group * log group) 2 at `sorted(group)`
waits: O(queue^2) 2 at `for item in queue`
raises: O(xs) 1 at `for x in xs`
",
    );
}

#[test]
fn calls_cost_what_their_functions_cost() {
    check(
        "
class Store:
    def find(self, key):
        for row in self.rows:
            if row.key == key:
                return row
    def join(self, keys):
        return [self.find(key) for key in keys]
def has(names: list, name):
    return name in names
def common(left, right):
    for one in left:
        if has(right, one):
            yield one
def again(n):
    for i in range(n):
        again(i)
def outer(xs):
    def inner(ys):
        for y in ys:
            for z in ys:
                pass
    return inner
",
        "
Store.find: O(self.rows) 1 at `for row in self.rows`
Store.join: O(keys * self.rows) 2 at `self.find(key)` through Store.find
has: O(names) 1 at `name in names`
common: O(left * right) 2 at `has(right, one)` through has
again: O(n) 1 at `for i in range(n)`
outer: O(1) 0 at `def outer`
inner: O(ys^2) 2 at `for z in ys`
",
    );
}
