//! Which loops run a place, how often, and over what.

mod common;

use common::{check, gap, loops, multiplying, size};

#[test]
fn headers_run_once_and_bodies_per_iteration() {
    check(
        "
def f(xs, ys):
    for x in «a(xs)»:
        «b()»
        for y in «c(ys)»:
            «d()»
        else:
            «e()»
    else:
        «g()»
    while «h()»:
        «i()»
",
        loops,
        "
a(xs): no loop
b(): [for x in a(xs)]
c(ys): [for x in a(xs)]
d(): [for y in c(ys)] [for x in a(xs)]
e(): [for x in a(xs)]
g(): no loop
h(): [while h()]
i(): [while h()]
",
    );
}

#[test]
fn clauses_key_functions_and_mapped_lambdas_are_loops() {
    check(
        "
def f(xs, ys):
    [«a(x, y)» for x in «b(xs)» if «c(x)» for y in «d(ys)» if «e(y)»]
    sorted(«g(xs)», key=lambda x: «h(x)»)
    xs.sort(key=lambda x, k=«i()»: «j(x)»)
    list(map(lambda x: «k(x)», xs))
    call(lambda x: «l(x)»)
    for x in xs:
        def inner(a=«m()»):
            «n()»
",
        loops,
        "
a(x, y): [for y in d(ys)] [for x in b(xs)]
b(xs): no loop
c(x): [for x in b(xs)]
d(ys): [for x in b(xs)]
e(y): [for y in d(ys)] [for x in b(xs)]
g(xs): no loop
h(x): [sorted]
i(): no loop
j(x): [xs.sort]
k(x): [map]
l(x): no loop
m(): [for x in xs]
n(): no loop
",
    );
}

#[test]
fn arms_that_leave_run_once() {
    check(
        "
def f(xs):
    for x in xs:
        if a:
            return «b()»
        if c:
            «d()»
            break
        if e:
            «g()»
            continue
        if h:
            raise E(«i()»)
        try:
            return «j()»
        except KeyError:
            «k()»
        assert l, «m()»
        while o():
            «n()»
            return
        «p()»
",
        loops,
        "
b(): once [for x in xs]
d(): once [for x in xs]
g(): [for x in xs]
i(): once [for x in xs]
j(): [for x in xs]
k(): rare [for x in xs]
m(): rare [for x in xs]
n(): once [while o()] once [for x in xs]
p(): [for x in xs]
",
    );
}

#[test]
fn only_loops_after_the_binding_multiply() {
    check(
        "
def f(rows, names):
    for row in rows:
        cells = row.split()
        for cell in cells:
            «names».index(cell)
            «cells».index(cell)
            «row.cells».index(cell)
            «self.names».index(cell)
            «f(x)».index(cell)
            «groups[cell]».index(cell)
            «groups[0]».index(cell)
    for row in rows:
        «tail».index(row)
        tail = tail[1:]
",
        gap,
        "
names: [for cell in cells; for row in rows]
cells: [for cell in cells]
row.cells: [for cell in cells]
self.names: [for cell in cells; for row in rows]
f(x): []
groups[cell]: []
groups[0]: [for cell in cells; for row in rows]
tail: []
",
    );
}

#[test]
fn sizes_are_folded_and_the_rest_has_the_programs_names() {
    check(
        "
import enum, sys
KINDS = ('a', 'b', 'c')
N = 3
class Color(enum.Enum):
    RED = 1
    BLUE = 2
def f(orders, self):
    grown = []
    grown.append(1)
    «[1, 2]»; «KINDS»; «range(N)»; «range(2, 10, 3)»; «range(len(KINDS))»; «Color»; «sys.argv»
    «orders[:5]»; «orders[-3:]»; «orders»; «self.items»; «range(len(orders))»; «enumerate(KINDS)»
    «zip(orders, KINDS)»; «grown»; «sorted(orders)»; «[x for x in KINDS]»; «orders.items()»
",
        size,
        "
[1, 2]: 2 literal
KINDS: 3 constant
range(N): 3 range
range(2, 10, 3): 3 range
range(len(KINDS)): 3 constant
Color: 2 constant
sys.argv: 8 constant
orders[:5]: 5 constant
orders[-3:]: 3 constant
orders: orders
self.items: self.items
range(len(orders)): orders
enumerate(KINDS): 3 constant
zip(orders, KINDS): 3 constant
grown: 1 literal
sorted(orders): orders
[x for x in KINDS]: 3 constant
orders.items(): orders
",
    );
}

#[test]
fn handfuls_are_small_whatever_the_input() {
    check(
        "
import dataclasses, getopt, inspect, sys, torch
import numpy as np
from django.conf import settings
from shapes import Kind, KINDS
TABLE = {'a': ['x', 'y', 'z'], 'b': ['u']}
opts, rest = getopt.getopt(sys.argv, 'a')
class Net(torch.nn.Module):
    def forward(self, x):
        return «self.stages», «range(self.n_layers)», «self.config.depths»
class Plain:
    @property
    def unused(self):
        return ['a', 'b']
    def use(self, orders, *names, **given):
        sig = inspect.signature(self.use)
        n = orders.ndim
        «names»; «given»; «given.items()»; «sig.parameters.values()»; «opts»; «sys.path»; «self.stages»
        «type(self).__mro__»; «dataclasses.fields(self)»; «range(orders.ndim)»; «range(n)»; «orders.shape»
        «TABLE['a']»; «TABLE.get(n, ())»; «dict(a=1, b=2)»; «settings.MIDDLEWARE»; «np.array([1, 2])»; «self.unused»
        «[(0, 0)] * orders.ndim»
        for kind in «Kind»: pass
        for kind in «KINDS»: pass
    def name(self, order, rows, exclude=(), how=('a', 'b'), users=()):
        few = ['a']
        if rows:
            few.append('b')
        for kind in KINDS:
            few.append(kind)
        many = ['a']
        for row in rows:
            many.append(row)
        one = ['a', 'b'] if rows else []
        if order:
            one = ['c', 'd', 'e']
        levels = [0] * order
        «few»; «many»; «one»; «order.columns»; «order.column»; «order['fields']»; «order.path.split('.')»
        «order.text.split(',')»; «'a b c'.split()»; «range(order.n_layers)»; «range(columns)»; «levels»; «exclude»
        «how»; «users»
",
        size,
        "
self.stages: 8 constant
range(self.n_layers): 8 constant
self.config.depths: 8 constant
names: 8 constant
given: 8 constant
given.items(): 8 constant
sig.parameters.values(): 8 constant
opts: 8 constant
sys.path: 8 constant
self.stages: 8 assumed
type(self).__mro__: 8 constant
dataclasses.fields(self): 8 constant
range(orders.ndim): 8 constant
range(n): 8 constant
orders.shape: 8 constant
TABLE['a']: 3 literal
TABLE.get(n, ()): 3 literal
dict(a=1, b=2): 2 literal
settings.MIDDLEWARE: 8 constant
np.array([1, 2]): 2 literal
self.unused: 2 literal
[(0, 0)] * orders.ndim: 8 literal
Kind: 8 constant
KINDS: 8 constant
few: 10 literal
many: many
one: 3 literal
order.columns: 8 assumed
order.column: order.column
order['fields']: 8 assumed
order.path.split('.'): 8 constant
order.text.split(','): order.text
'a b c'.split(): 3 literal
range(order.n_layers): 8 assumed
range(columns): columns
levels: levels
exclude: 8 assumed
how: 2 annotation
users: users
",
    );
}

#[test]
fn loops_that_try_again_trim_or_look_for_a_free_name_multiply_nothing() {
    check(
        "
def f(orders, names, limit, fetch, merge):
    for attempt in range(limit):
        try:
            «fetch()»
            break
        except OSError:
            pass
    for order in range(limit):
        try:
            «fetch(order)»
        except OSError:
            pass
    while len(orders) > limit:
        «orders.pop(0)»
    while len(orders) > 1:
        «orders.pop()»
    while len(orders) > limit:
        «merge(orders)»
    name = 'a'
    while name in names:
        name = «f'{name}_'»
    while name in names:
        name = «names[name]»
    while limit > 0:
        «fetch(limit)»
        limit //= 10
    while limit > 0:
        «fetch(limit)»
        limit -= 10
    while names and not names[0].strip():
        «names.pop(0)»
    while limit is not None:
        «names.append(limit)»
        limit = limit.parent
    while not orders:
        orders = «input()»
",
        multiplying,
        "
fetch(): []
fetch(order): [for order in range(limit)]
orders.pop(0): []
orders.pop(): [while len(orders) > 1]
merge(orders): [while len(orders) > limit]
f'{name}_': []
names[name]: [while name in names]
fetch(limit): []
fetch(limit): [while limit > 0]
names.pop(0): []
names.append(limit): []
input(): []
",
    );
}
