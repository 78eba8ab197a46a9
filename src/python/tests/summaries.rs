//! What functions of the module do, and what calls of them do through them.

mod common;

use common::{check, deeds, invariant, role, summary};

#[test]
fn functions_are_summed_up() {
    check(
        "
import json
LIMIT = 3
«def pure(a, b):
    out = []
    for x in a:
        out.append(x + LIMIT)
    return sorted(out)»
«def scans(xs: list, x):
    return x in xs»
«def changes(xs, y):
    xs.append(y)»
«def through(xs, y):
    changes(xs, y)
    return scans(xs, y)»
«def reads(path):
    with open(path) as f:
        return json.load(f)»
«def deep(path):
    return reads(path)»
«def loops_(paths):
    return [deep(p) for p in paths]»
«def again(n):
    return again(n - 1)»
class Store:
    def __init__(self, rows: list[str]):
        self.rows = rows
        self.n = 0
    «def find(self, row):
        return self.rows.index(row)»
    «def has(self, row):
        return self.find(row) >= 0»
    «def grow(self, row):
        self.rows.append(row)
        self.n += 1»
",
        summary,
        "
def pure(a, b): out = [] for x in a: out.appe...: pure; Iterate of parameter 0
def scans(xs: list, x): return x in xs: pure; Scan of parameter 0
def changes(xs, y): xs.append(y): effects; mutates 0; keeps 1
def through(xs, y): changes(xs, y) return sca...: effects; mutates 0; keeps 1; Scan of parameter 0 in 1
def reads(path): with open(path) as f: return...: reads; File of parameter 0; File of other
def deep(path): return reads(path): reads; File of parameter 0 in 1; File of other in 1
def loops_(paths): return [deep(p) for p in p...: reads; File of other in 2 repeated; File of other in 2 repeated; Iterate of parameter 0
def again(n): return again(n - 1): pure; recursive
def find(self, row): return self.rows.index(row): reads; reads rows; Scan of self.rows
def has(self, row): return self.find(row) >= 0: reads; reads rows; Scan of self.rows in 1
def grow(self, row): self.rows.append(row) se...: effects; writes rows, n; keeps 1
",
    );
}

#[test]
fn calls_do_what_their_functions_do() {
    check(
        "
def scans(xs: list, x):
    return x in xs
class Store:
    def __init__(self, rows: list[str]):
        self.rows = rows
    def find(self, row):
        return self.rows.index(row)
def f(names, store: Store):
    for n in g():
        «scans(names, n)»
        «scans(x=n, xs=names)»
        «store.find(n)»
",
        deeds,
        "
scans(names, n): Scan of names via scans(names, n)
scans(x=n, xs=names): Scan of names via scans(x=n, xs=names)
store.find(n): Scan of self.rows via store.find(n)
",
    );
}

#[test]
fn arguments_are_changed_kept_or_only_read() {
    check(
        "
def reads(a, b=None):
    return len(a)
def changes(a):
    a.append(1)
class Keeper:
    def __init__(self, a):
        self.a = a
    def look(self):
        return len(self.a)
def f(xs: list, keeper: Keeper):
    reads(«xs»)
    reads(1, b=«xs»)
    changes(«xs»)
    Keeper(«xs»)
    «keeper».look()
",
        role,
        "
xs: Reads proven
xs: Reads proven
xs: Mutates proven
xs: Aliases likely
keeper: Method likely
",
    );
}

#[test]
fn own_functions_may_stay_the_same() {
    check(
        "
def pure(xs):
    return max(len(x) for x in xs)
class Store:
    def __init__(self, rows: list[str]):
        self.rows = rows
        self.n = 0
    def width(self):
        return max(len(row) for row in self.rows)
    def grow(self, row):
        self.rows.append(row)
    def f(self, given: list[str]):
        for row in given:
            «pure(given)»
            «self.width()»
            «sorted(self.rows)»
            self.n += 1
        for row in given:
            «self.width()»
            «sorted(self.rows)»
            self.grow(row)
        for row in given:
            «sorted(self.rows)»
            self.unknown(row)
        for row in given:
            «sorted(self.rows)»
            if row:
                self.grow(row)
                break
",
        invariant,
        "
pure(given): proven
self.width(): likely
sorted(self.rows): likely
self.width(): Mutated by self.grow(row)
sorted(self.rows): Mutated by self.grow(row)
sorted(self.rows): Escapes by self
sorted(self.rows): likely
",
    );
}
