//! Types, names, roles and what stays the same.

mod common;

use common::{check, evidence, invariant, name, role, ty};

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
self.all(): list[list[str]] likely
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
    one, two = «xs», 0
    one, two = «xs»
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
xs: Aliases proven
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

#[test]
fn conditions_narrow_types() {
    check(
        "
def f(a: list[int] | None, b: str | list[str], c, d: list[int] | None = None):
    «a»
    if a is None:
        a = «a» or []
    «a»
    if isinstance(b, str):
        «b»
        b = [b]
    «b»
    if not isinstance(c, (list, tuple)):
        raise TypeError
    «c»
    x = «d» if d else ()
    if d is None:
        return
    «d»
    for e in d:
        «d»
        d = None
    return [«k» for k in g() if isinstance(k, str)]
",
        ty,
        "
a: list[int] | None proven
a: list[int] | None proven
a: list[int] proven
b: str proven
b: list[str] proven
c: list | tuple proven
d: list[int] proven
d: list[int] proven
d: list[int] | None proven
k: str proven
",
    );
}

#[test]
fn types_follow_the_flow() {
    check(
        "
def f(text: str, cond):
    x = text
    «x»
    x = x.split()
    «x»
    if cond:
        x = set(«x»)
        «x»
    «x»
    total = 0
    for word in x:
        total += len(word)
    «total»
    out = ''
    for word in x:
        out += word
    «out»
    rows = []
    rows += [text]
    «rows»
",
        ty,
        "
x: str proven
x: list[str] proven
x: list[str] proven
x: set[str] proven
x: list[str] | set[str] proven
total: int proven
out: str proven
rows: list[str] proven
",
    );
}

#[test]
fn what_is_put_in_says_what_a_collection_holds() {
    check(
        "
from collections import defaultdict
class Bag:
    def __init__(self):
        self.names = []
        self.index = {}
    def add(self, name: str):
        self.names.append(name.lower())
        self.index[name] = len(self.names)
        return «self.names», «self.index»
def f(text: str, many: list[int]):
    a = []
    b = set()
    c = defaultdict(list)
    d = {}
    e = []
    g = [None] * 10
    for word in text.split():
        a.append(word)
        b.add((word, 1))
        c[word].append(len(word))
        d.setdefault(word, []).append(1)
        g[0] = word
    e.extend(many)
    hidden = []
    fill(hidden)
    «a»; «b»; «c»; «d»; «e»; «g»; «hidden»
",
        ty,
        "
self.names: list[str] proven
self.index: dict[str, int] proven
a: list[str] proven
b: set[tuple[str, int]] proven
c: defaultdict[str, list[int]] proven
d: dict[str, list[int]] proven
e: list[int] proven
g: list[None | str] proven
hidden: list proven
",
    );
}

#[test]
fn classes_pass_their_members_on() {
    check(
        "
from django.db import models
from app.models import Customer
class Order(models.Model):
    items = []
    @property
    def names(self):
        return [item.name.lower() for item in self.items]
    @names.setter
    def names(self, value):
        self._names = value
    def todo(self):
        raise NotImplementedError
class Base:
    def __init__(self, rows: list[str]):
        self.rows = rows
    def all(self):
        return self.rows
class Child(Base):
    def f(self, order: Order):
        «self.rows»; «self.all()»; «order.names»; «order.todo()»
        «Order.objects»; «Order.objects.filter(a=1)»; «Customer.objects.get(a=1)»
        for row in Order.objects.all():
            «row»
        «type(self)([])»
        if order:
            either = self
        else:
            either = Base([])
        «either.rows»
",
        ty,
        "
self.rows: list[str] proven
self.all(): list[str] likely
order.names: list likely
order.todo(): Unknown possible
Order.objects: Manager[Model[Order]] likely
Order.objects.filter(a=1): QuerySet[Model[Order]] likely
Customer.objects.get(a=1): Model[Customer] likely
row: Model[Order] likely
type(self)([]): Child proven
either.rows: list[str] proven
",
    );
}

#[test]
fn callers_in_sight_say_what_a_private_function_gets() {
    check(
        "
import typing
def _find(xs, key, n=1):
    «xs»; «key»; «n»
def public(xs):
    «xs»
def words(text: str):
    for word in text.split():
        yield word
def f(text: str):
    _find(text.split(), 'a')
    _find(sorted(text), key='b', n=2)
    public([])
    «words(text)»
    «typing.cast('set[int]', text)»
    for word in words(text):
        «word»
def _leaks(xs):
    «xs»
call = _leaks
_leaks([1])
",
        ty,
        "
xs: list[str] likely
key: str likely
n: int likely
xs: Unknown possible
words(text): Iterator[str] proven
typing.cast('set[int]', text): set[int] proven
word: str proven
xs: Unknown possible
",
    );
}

#[test]
fn methods_are_evidence_where_nothing_shows_a_type() {
    check(
        "
def f(self, xs, d, s, both, q):
    xs.append(1)
    d.setdefault(1, 2)
    s.startswith('a')
    both.append(1); both.items()
    q.append(1); q.popleft()
    «xs»; «d»; «s»; «both»; «q»; «self»
",
        evidence,
        "
xs: list possible
d: dict possible
s: str possible
both: Unknown possible
q: deque possible
self: Unknown possible
",
    );
}
