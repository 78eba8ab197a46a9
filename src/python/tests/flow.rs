//! Which bindings reach which uses.

mod common;

use common::{check, gap, invariant, reaching, ty};

#[test]
fn branches_join_and_later_bindings_win() {
    check(
        "
def f(x):
    «x»
    if a:
        x = 1
        «x»
    elif b:
        x = 2
        return
    else:
        x = 3
        x = 4
    «x»
    x = «x» + 1
    «x»
    x += 5
    «x»
",
        reaching,
        "
x: x
x: x = 1
x: x = 1 | x = 4
x: x = 1 | x = 4
x: x = x + 1
x: x += 5
",
    );
}

#[test]
fn loops_carry_values_around() {
    check(
        "
def f(xs):
    x = 0
    for y in xs:
        «x»
        if y:
            continue
        x = 1
        if z:
            x = 2
            break
        x = 3
    else:
        «x»
    «x»
    while True:
        x = 4
        if q:
            break
        x = 5
    «x»
    for x in xs:
        «x»
    «x»
    while (x := g()):
        «x»
",
        reaching,
        "
x: x = 0 | x = 3
x: x = 0 | x = 3
x: x = 0 | x = 2 | x = 3
x: x = 4
x: x
x: x = 4 | x
x: x := g()
",
    );
}

// After a `finally`, whatever may have gone through it is taken to come out of it.
#[test]
fn try_arms_see_what_was_bound_before_the_error() {
    check(
        "
def f():
    x = 0
    try:
        x = 1
        g()
        x = 2
    except A as e:
        «x»
        x = 3
        return
    except B:
        «x»
        x = 4
    else:
        «x»
    finally:
        «x»
    «x»
    for y in z:
        try:
            x = 5
            break
        finally:
            x = 6
    «x»
    with open(p) as x:
        «x»
    with suppress(E):
        x = 7
    «x»
",
        reaching,
        "
x: x = 0 | x = 1 | x = 2
x: x = 0 | x = 1 | x = 2
x: x = 2
x: x = 0 | x = 1 | x = 2 | x = 3 | x = 4
x: x = 0 | x = 1 | x = 2 | x = 3 | x = 4
x: x = 0 | x = 1 | x = 2 | x = 3 | x = 4 | x = 6
x: x
x: x = 7
",
    );
}

#[test]
fn matches_walrus_deletion_and_other_functions() {
    check(
        "
from contextlib import suppress
def f(p):
    x = 0
    match p:
        case [1, x]:
            «x»
        case {'a': 1}:
            x = 2
        case _:
            x = 3
    «x»
    b and (x := 4)
    «x»
    del x
    x = 5
    with suppress(E):
        x = 6
    «x»
    def g():
        nonlocal x
        x = 7
    «x»
    def h():
        return «x»
    class K:
        x = 8
        y = «x»
    return [«x» for i in p]
",
        reaching,
        "
x: x | x = 7
x: x | x = 2 | x = 3 | x = 7
x: x | x = 2 | x = 3 | x := 4 | x = 7
x: x = 5 | x = 6 | x = 7
x: x = 5 | x = 6 | x = 7
x: x = 5 | x = 6 | x = 7
x: x = 8
x: x = 5 | x = 6 | x = 7
",
    );
}

#[test]
fn a_name_given_in_each_iteration_may_stand_for_the_same_object() {
    check(
        "
class Filter:
    def __init__(self):
        self.known = []
        self.other = []
    def keep(self, names, fresh):
        for name in names:
            known = self.known
            side = self.known if name else self.other
            node = name
            node = node.parent
            made = fresh()
            «known», «side», «node», «made»
",
        gap,
        "
known: [for name in names]
side: [for name in names]
node: []
made: []
",
    );
}

#[test]
fn what_is_the_same_each_time_may_be_named_in_the_loop() {
    check(
        "
def f(rows: list[int], n: int, q):
    other = rows
    for _ in range(n):
        width = len(q)
        text = width * '-'
        grown = list(q)
        grown.append(1)
        print(«sum(q) + len(text)», «len(grown)», «max(rows)»)
        other.pop()
",
        invariant,
        "
sum(q) + len(text): possible
len(grown): Mutated by grown
max(rows): Aliased by other
",
    );
}

#[test]
fn elements_stay_the_same_unless_the_loop_changes_them() {
    check(
        "
def f(orders, names, old):
    for order in orders:
        «[each.name for each in old]»
        «[each.total for each in orders]»
        order.total = 1
    for order in orders:
        «[each.state for each in orders]»
        order.advance()
",
        invariant,
        "
[each.name for each in old]: possible
[each.total for each in orders]: Rebound by order.total
[each.state for each in orders]: Mutated by order
",
    );
}

#[test]
fn an_inner_function_sees_what_reaches_it() {
    check(
        "
def f(order, items, later):
    order = list(order)
    items.sort(key=lambda each: «order».index(each))
    def inner():
        return «order», «later»
    later = sorted(later)
    return inner
",
        reaching,
        "
order: order = list(order)
order: order = list(order)
later: later | later = sorted(later)
",
    );
}

#[test]
fn a_method_that_only_texts_have_tells_what_it_gives() {
    check(
        "
def f(text, frame):
    «text.split(',')», «text.splitlines()», «text.split(2, dim=1)», «frame.str.split(',')»
",
        ty,
        "
text.split(','): list[str] likely
text.splitlines(): list likely
text.split(2, dim=1): Unknown possible
frame.str.split(','): Unknown possible
",
    );
}
