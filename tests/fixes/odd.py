"""Values and helpers for the programs that prove.py writes: ordinary ones, odd ones, and a log of what was seen.

Knows how to make the same values twice and how to write down what a program left behind.
Does not know looplint, nor which programs there are.
"""
import math
import re
import sys
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from contextlib import suppress  # noqa: F401 - the programs import it from here

ADDRESS = re.compile(r" at 0x[0-9a-f]+")
LOG = []
KEPT = []
SHARED = []
NAN = float("nan")
Pair = namedtuple("Pair", "left right")


class Stop(Exception):
    """What the programs raise themselves."""


class Box:
    """Something with attributes and items that keeps all it is given."""

    def __init__(self, *values):
        self.items = list(values)

    def __setitem__(self, key, value):
        KEPT.append(value)

    def __iadd__(self, other):
        KEPT.append(other)
        return self


class AlwaysEqual:
    def __init__(self, tag=0):
        self.tag = tag

    def __eq__(self, other):
        return True

    def __hash__(self):
        return self.tag


class NeverEqual:
    def __eq__(self, other):
        return False

    def __hash__(self):
        return 1


class EqualRaises:
    def __eq__(self, other):
        raise Stop("eq")

    def __hash__(self):
        return 1


class HashRaises:
    def __hash__(self):
        raise Stop("hash")


class OddList(list):
    """A list that answers `in` and goes through its elements in its own way."""

    def __contains__(self, value):
        return True

    def __iter__(self):
        return iter([9, 9])


class AddsItself:
    """An operand that takes over `+` and `|`."""

    def __radd__(self, other):
        return ["radd"]

    def __ror__(self, other):
        return {"ror": 1}

    def __iter__(self):
        return iter([5, 6])


class RaisingMap:
    """A mapping that fails half-way."""

    def keys(self):
        yield "a"
        raise Stop("keys")

    def __getitem__(self, key):
        if key == 3:
            raise IndexError
        return 1


def note(*values):
    """Looks at values."""
    LOG.append(show(values))


def keep(*values):
    """Keeps values; the programs go on with them."""
    KEPT.extend(values)
    return values[0] if values else None


def touch(value):
    """Changes what it is given where that can be changed."""
    if isinstance(value, list):
        value.append(9)
    elif isinstance(value, deque):
        value.append(9)
    elif isinstance(value, dict):
        value["touched"] = 1
    elif isinstance(value, set):
        value.add(9)
    return value


def boom(value):
    """Raises for some values."""
    if value in (2, "b", (1, 2)) or value is None:
        raise Stop("boom")
    return value


def twice(value):
    """Pure, but the programs' checker cannot see that."""
    return value * 2


class nothing:
    """Awaited, it lets others run once."""

    def __await__(self):
        yield None


def generator(values):
    yield from values


def failing(values):
    yield from values
    raise Stop("generator")


# One row per kind of parameter: functions that make the value anew each time.
VALUES = {
    "ints": [
        lambda: [], lambda: [1], lambda: [3, 1, 3, 2, 1], lambda: [True, 1, 0, False, 2],
        lambda: list(range(12)), lambda: [5, 4, 3, 2, 2, 1, -1],
    ],
    "floats": [
        lambda: [], lambda: [NAN, 1.0, NAN], lambda: [float("nan"), float("nan"), 0.0, -0.0],
        lambda: [math.inf, 1, 1.0, 2.5], lambda: [3.5, 1.5, 3.5],
    ],
    "strs": [
        lambda: [], lambda: ["a"], lambda: ["b", "a", "b", ""], lambda: ["x y", "b", "é", "A"],
        lambda: list("looplint"),
    ],
    "tups": [
        lambda: [], lambda: [(1, 2), (1, 2), (3, 4)], lambda: [Pair(1, 2), (1, 2)], lambda: [(0, 1), (2, 0)],
    ],
    "lists": [
        lambda: [], lambda: [[1], [2, 3], []], lambda: [[1, 2], [1, 2]], lambda: [[]], lambda: [[3], [1], [2, 2]],
    ],
    "dicts": [
        lambda: [], lambda: [{"a": 1}, {"b": 2}, {"a": 3}], lambda: [OrderedDict(a=1), {"c": 2}],
        lambda: [defaultdict(list, a=1), {"a": 2}], lambda: [Counter("ab"), Counter("b")], lambda: [{}],
    ],
    "sets": [lambda: [], lambda: [{1}, {2, 1}], lambda: [set(), {5}]],
    "set_or_frozen": [lambda: {3}, lambda: frozenset({3}), lambda: set()],
    "small": [lambda: 3, lambda: 0, lambda: 1, lambda: 5, lambda: True, lambda: 6, lambda: -1],
    "dict": [lambda: {}, lambda: {"a": 1, "b": 2}, lambda: OrderedDict(b=1), lambda: defaultdict(int, a=5)],
    "maybe": [lambda: None, lambda: [1, 2, 3], lambda: [], lambda: [2]],
    "int": [lambda: 0, lambda: 1, lambda: 3, lambda: True, lambda: -1, lambda: 7],
    "str": [lambda: "", lambda: "a b c", lambda: "b", lambda: "a b b  c", lambda: "é1 a"],
    "flag": [lambda: True, lambda: False],
    "any": [
        lambda: [1, 2, 3, 2], lambda: [[1], [2], [1]], lambda: (1, 2, 2), lambda: {1: 2, 3: 4}, lambda: {1, 2, 3},
        lambda: "abca", lambda: None, lambda: 5, lambda: generator([1, 2, 1]), lambda: iter([3, 3]),
        lambda: failing([1, 2]), lambda: OddList([1, 2]), lambda: [AlwaysEqual(1), AlwaysEqual(2)],
        lambda: [NeverEqual(), 1], lambda: [EqualRaises(), EqualRaises()], lambda: [HashRaises(), 1],
        lambda: AddsItself(), lambda: [{"a": 1}, {"a": 2}], lambda: RaisingMap(), lambda: [NAN, NAN, 1],
        lambda: [None, None], lambda: range(4), lambda: deque([1, 2]), lambda: [(1, 2), ("a", [1])],
        lambda: [[("k", 1)], [("l", 2)]], lambda: ["a", 1, None], lambda: b"ab", lambda: [1.5, 2, True],
    ],
}


def dates():
    return ["2024-01-31", "2024-1-3", "20240131", "2024-01-31 10:20:30", "", "2024-02-30"]


VALUES["dates"] = [dates, lambda: [], lambda: ["2024-05-06", "2023-12-31"], lambda: ["1999-01-01T00:00:00"]]


def poke(arguments):
    """What other code does to the arguments while a program is suspended."""
    for value in arguments:
        if isinstance(value, list) and value and type(value[0]) in (int, str, tuple):
            value.append(value[0])
        elif isinstance(value, list):
            value.clear()


def show(value, known=None, depth=0):
    """A value written down, with types, order and which mutable parts are one object."""
    known = {} if known is None else known
    if isinstance(value, (str, bytes, int, complex, type(None), range)):
        return f"{type(value).__name__}:{ADDRESS.sub('', repr(value))}"
    if isinstance(value, float):
        return f"float:{value!r}"
    if depth > 8:
        return "..."
    name = type(value).__name__
    if not isinstance(value, (tuple, frozenset)):
        if id(value) in known:
            return f"#{known[id(value)]}"
        known[id(value)] = len(known)
    inner = [show(each, known, depth + 1) for each in parts(value)]
    if isinstance(value, (set, frozenset)):
        inner.sort()
    return f"{name}({', '.join(inner)})"


def parts(value):
    if isinstance(value, OddList):
        return list.__iter__(value)
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (list, tuple, set, frozenset, deque)):
        return list(value)
    if isinstance(value, Box):
        return [vars(value)]
    if isinstance(value, BaseException):
        return [type(value).__name__]
    return []


class Slow(BaseException):
    """A program that did not end in time."""


def drain(value, arguments, pokes):
    """What a generator, iterator or coroutine gives, a little of it at most."""
    got = []
    if hasattr(value, "send") and hasattr(value, "cr_frame"):
        for _ in range(60):
            try:
                value.send(None)
            except StopIteration as end:
                return ["returned", show(end.value)]
            if pokes:
                poke(arguments)
        return ["endless"]
    for each in value:
        got.append(show(each))
        if pokes:
            poke(arguments)
        if len(got) > 60:
            break
    return got


def run(function, kinds, number, limit):
    """Runs a program on the values of round `number` and writes down all that it did."""
    LOG.clear()
    KEPT.clear()
    SHARED[:] = [1, 2]
    arguments = []
    for place, kind in enumerate(kinds):
        all_of_kind = VALUES[kind]
        arguments.append(all_of_kind[(number * (place + 1) + place * number // len(all_of_kind)) % len(all_of_kind)]())
    if number % 4 == 3:
        # The same object twice.
        for place, kind in enumerate(kinds):
            arguments[place] = arguments[kinds.index(kind)]
    try:
        limit(True)
        result = function(*arguments)
        if hasattr(result, "__next__") or hasattr(result, "cr_frame"):
            end = "value " + show(drain(result, arguments, number % 2))
        else:
            end = "value " + show(result)
        limit(False)
    except Slow:
        return "slow", None
    except RecursionError:
        return "slow", None
    except MemoryError:
        return "slow", None
    except Exception as error:  # every exception is an answer
        end = f"raises {type(error).__name__}"
    try:
        limit(False)
    except Slow:
        return "slow", None
    namespace = sys.modules[function.__module__].__dict__
    state = [arguments, KEPT, SHARED, namespace.get("TABLE"), namespace.get("SEEN")]
    return end, f"{show(state)} {LOG}"
