//! Types, names, roles and what stays the same.

mod common;

use common::{check, invariant, name, role, ty};

#[test]
fn names_stand_for_what_was_imported() {
    check(
        "
import numpy as np, os.path
from re import compile as rx
from . import sibling
try:
    import json
except ImportError:
    json = None
def f(sorted):
    «np.array»; «os.path.join»; «rx»; «sibling.x»; «json.loads»; «len»; «sorted»; «f»
",
        name,
        "
np.array: numpy.array
os.path.join: os.path.join
rx: re.compile
sibling.x: .sibling.x
json.loads: json.loads
len: len
sorted: its own
f: its own
",
    );
}

#[test]
fn types_come_from_bindings_annotations_and_tables() {
    check(
        "
from typing import Optional, Sequence
Names = list[str]
class Store:
    kinds: 'dict[str, int]'
    def __init__(self, rows: Names):
        self.rows = rows
        self.seen = set()
    def all(self):
        return [row.split() for row in self.rows]
    def use(self, given: Optional[list[int]] = None, many: 'Sequence[str]' = (), bare=1):
        «given»; «many»; «bare»; «self.rows»; «self.seen»; «self.kinds»; «self.all()»
        text = 'a b'
        «text.split()»
        for key, value in self.kinds.items():
            «key»; «value»
        either = [] if bare else ()
        «either»
        store = Store([])
        «store.rows»
        unknown = fetch()
        «unknown»
        grown = grown + ['a'] if bare else []
        «grown»
",
        ty,
        "
given: list[int] | None proven
many: Sequence[str] proven
bare: int likely
self.rows: list[str] proven
self.seen: set proven
self.kinds: dict[str, int] proven
self.all(): list[list[str]] proven
text.split(): list[str] proven
key: str proven
value: int proven
either: list | tuple[()] proven
store.rows: list[str] proven
unknown: Unknown possible
grown: list proven
",
    );
}

#[test]
fn what_is_done_with_a_value() {
    check(
        "
def f(self, xs: list):
    «xs».append(1)
    «xs».index(1)
    len(«xs»)
    other(«xs»)
    ys = «xs»
    1 in «xs»
    for x in «xs»: pass
    «xs»[0] = 1
    «xs»[0].clear()
    self.kept = «xs»
    print(*«xs»)
    del «xs»[0]
    sorted(«xs»)
    return «xs»
",
        role,
        "
xs: Mutates proven
xs: Method proven
xs: Reads proven
xs: Escapes possible
xs: Aliases proven
xs: Contains proven
xs: Iterates proven
xs: Stores proven
xs: Mutates possible
xs: Aliases proven
xs: Iterates proven
xs: Stores proven
xs: Iterates proven
xs: Returns proven
",
    );
}

#[test]
fn what_stays_the_same_in_a_loop() {
    check(
        "
def f(rows: list[int], names: list[str], text: str):
    for row in rows:
        «sorted(names)»
        «len(rows)»
        «max(row.cells)»
        «text.lower()»
        «sorted(names, key=lambda name: name.lower())»
    for row in rows:
        «set(names)»
        names.append(row)
    for row in rows:
        «set(names)»
        store(names)
    for row in rows:
        «set(names)»
        names = names[1:]
    for row in rows:
        «load(text)»
        «{name: 1 for name in names}»
",
        invariant,
        "
sorted(names): proven
len(rows): proven
max(row.cells): Rebound by row
text.lower(): proven
sorted(names, key=lambda name: name.lower()): proven
set(names): Mutated by names
set(names): Escapes by names
set(names): Rebound by names
load(text): Impure by load(text)
{name: 1 for name in names}: proven
",
    );
}
