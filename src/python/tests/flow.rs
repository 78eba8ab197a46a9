//! Which bindings reach which uses.

mod common;

use common::{check, reaching};

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
x: x = 0 | x | x = 2 | x = 3 | x := 4 | x = 5 | x = 6 | x = 7
x: x = 8
x: x = 5 | x = 6 | x = 7
",
    );
}
