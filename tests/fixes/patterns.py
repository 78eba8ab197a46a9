"""The patterns that looplint fixes: for each rule a small grammar of programs that mostly have one.

Each function draws one program. Does not know what the fix is.
"""
from dataclasses import dataclass

ITERABLES = {
    "a: list[int]": "ints", "a: list[str]": "strs", "a: list[tuple[int, int]]": "tups", "a: list[float]": "floats", "a": "any",
}


@dataclass
class Seed:
    """A program before noise: parameters with the kind of their values, and the body of the function."""

    params: list
    body: str
    names: list
    variable: str = "x"
    kind: str = "list"
    is_async: bool = False
    recursive: bool = False


def parameters(*pairs):
    return [*pairs, ("flag=True", "flag")]


def block(text, depth):
    return "\n".join("    " * depth + line for line in text.splitlines())


def loop(random, over, inside, iterable="a"):
    """A loop of some kind that goes through `iterable` with `x`."""
    head = random.choice(
        [f"for x in {iterable}:"] * 8
        + [f"for i, x in enumerate({iterable}):", f"for x in list({iterable}):", f"for x, _ in zip({iterable}, range(50)):",
           f"for x in reversed(list({iterable})):", f"while {over}:\n    x = {over}.pop()" if over else f"for x in {iterable}:",
           f"for x in sorted({iterable}, key=str):", f"for x in ({iterable}):", f"for _ in range(3):\n    for x in {iterable}:",
           f"for y in range(len({iterable})):\n    x = {iterable}[y]", f"for x in {iterable}[1:]:"]
    )
    depth = 2 if "\n    for" in head else 1
    if random.random() < 0.15:
        inside = random.choice(["if flag:", "if x:", "if x != 3:", "with Stop() if 0 else suppress():"]) + "\n" + block(inside, 1)
    elif random.random() < 0.06:
        inside = "try:\n" + block(inside, 1) + "\n" + random.choice(["except Stop:\n    note(7)", "finally:\n    note(8)", "except TypeError:\n    pass"])
    tail = ""
    if random.random() < 0.06:
        tail = "\n" + "    " * (depth - 1) + random.choice(["else:\n", "else:\n"]) + "    " * depth + "note('else')"
    return head + "\n" + block(inside, depth) + tail


def ending(random, name, more=()):
    return random.choice(
        [f"return {name}"] * 6 + [f"return {name}, KEPT", f"return len({name})", f"keep({name})\nreturn 1", f"return [{name}, {name}]",
         f"yield {name}", f"for y in {name}:\n    yield y", f"return {name} or None", f"return list({name})", f"return {name}, x", *more]
    )


def iterable(random, plain=0.85):
    written = random.choice(list(ITERABLES)[:4]) if random.random() < plain else "a"
    return written, ITERABLES[written]


def growing_list_copy(random):
    start = random.choice(
        ["xs = []"] * 6 + ["xs = [0]", "xs = list(b)", "xs = list()", "xs = sorted(b)", "xs = [y for y in b]", "xs = ys = []", "xs: list = []",
         "xs: list[int] = []", "xs, ys = [], []", "xs = b", "if flag:\n    xs = []\nelse:\n    xs = [1]", "(xs := [])", "xs = [] if flag else [1]",
         "xs = b[:]", "xs = b or []", "xs = []; ys = xs", "xs = []\nkeep(xs)", "ys = xs = [1, 2]", "for xs in ([], [1]): pass"]
    )
    item = random.choice(["x", "x", "x", "twice(x)", "boom(x)", "(x, 1)", "y := x", "(y := x)", "x if flag else 0", "lambda: x", "[x]", "len(xs)", "*b", "store(x)"])
    added = random.choice(
        [f"[{item}]"] * 6 + ["b", "list(b)", "b[1:]", "[x] * 2", "([x] if flag else [])", "sorted(b)", "c", "tuple(b)", "str(x)", "(b or [1])", "[x] or c",
         "[y for y in b]", "(\n        [x]\n    )", "[\n    x,  # why\n    1,\n]", "AddsItself()", "touch(b)", "keep([x])", "boom([x])", "(yield)", "d", "(x,)", "range(2)", "generator([x])"]
    )
    grown = random.choice([f"xs = xs + {added}"] * 5 + [f"xs = (xs + {added})", f"xs = [*xs, {item}]", f"xs = [*xs, {item}, {item}]", f"xs = [*xs, *{added}]",
                                                        f"xs = xs + {added}  # grows", f"xs = xs+{added}", f"xs = [*xs, {item},]", f"xs = xs + {added} + [1]", f"xs=[*xs,{item}]"])
    written, kind = iterable(random)
    body = f"{start}\n{loop(random, 'a', grown)}\n{ending(random, 'xs')}"
    return Seed(parameters((written, kind), ("b: list[int]", "ints"), ("c", "any"), ("d: list", "ints")), body, ["xs"])


def dict_or_set_copy(random):
    is_set = random.random() < 0.45
    if is_set:
        start = random.choice(["xs = set()"] * 5 + ["xs = {1}", "xs = set(b)", "xs = {y for y in b}", "xs = ys = set()", "xs: set[int] = set()", "xs = frozenset()", "xs = c", "xs = d"])
        more = random.choice(["{x}", "set(b)", "set(x)", "{x, 1}", "x", "c", "(set(b) if flag else set())", "{y for y in b}", "frozenset(b)", "b", "[x]", "touch({1})", "d", "AddsItself()", "d or {1}", "generator(b)", "(x,)", "str(x)", "failing(b)", "{boom(x)}", "keep({1})"])
        grown = random.choice([f"xs = xs | {more}", f"xs = xs | {more}", f"xs = xs.union({more})", f"xs = (xs | {more})", f"xs = xs.union({more}, [1])", f"xs = xs | {more}  # grow", f"xs = xs.union({more},)", f"xs = xs.union(*{more})"])
        params = parameters(random.choice([("a: list[set[int]]", "sets"), ("a: list[int]", "ints"), ("a", "any"), ("a: list[str]", "strs")]), ("b: list[int]", "ints"), ("c", "any"), ("d: set[int]", "sets"))
        params[3] = ("d: set", "any") if random.random() < 0 else ("d=frozenset({3})", "set_or_frozen")
        return Seed(params, f"{start}\n{loop(random, 'a', grown)}\n{ending(random, 'xs')}", ["xs"], kind="set")
    start = random.choice(["xs = {}"] * 5 + ["xs = dict()", "xs = {'k': 1}", "xs = dict(d)", "xs = {y: 1 for y in b}", "xs = ys = {}", "xs: dict[str, int] = {}", "xs = d", "xs = d.copy()", "xs = {**d}", "xs, ys = {}, {}", "xs = dict(a=1)", "xs = c"])
    more = random.choice(["x", "x", "x", "{x: 1}", "{'k': x}", "dict(x)", "c", "d", "dict(d)", "({1: 2} if flag else {})", "{**d}", "{y: 1 for y in b}", "touch({1: 1})", "RaisingMap()", "x or {}", "{boom(1): 1}", "d if flag else {}", "{'a': boom(x)}", "keep({1: 1})", "x.copy()", "{1: x}", "dict(k=x)"])
    if more == "RaisingMap()":
        more = "c"
    grown = random.choice([f"xs = {{**xs, **{more}}}", f"xs = {{**xs, **({more})}}", f"xs = xs | {more}", f"xs = {{ **xs, ** {more} }}", f"xs = {{**xs, **{more},}}", f"xs = xs | ({more})", f"xs = {{\n    **xs,\n    **{more},\n}}", f"xs = {{**xs, **{more}}}  # grow", f"xs = xs | ({more})", f"xs = {{**xs, **{more} }}; note(1)"])
    params = parameters(random.choice([("a: list[dict[str, int]]", "dicts"), ("a: list[dict]", "dicts"), ("a: list[int]", "ints"), ("a", "any"), ("a: list[str]", "strs")]), ("b: list[int]", "ints"), ("c", "any"), ("d: dict[str, int]", "dict"))
    return Seed(params, f"{start}\n{loop(random, 'a', grown)}\n{ending(random, 'xs')}", ["xs"], kind="dict")


def front_insert(random):
    start = random.choice(["xs = []"] * 24 + ["xs = [0]", "xs = list()", "xs = ys = []", "xs: list = []", "xs: list[int] = []", "xs, ys = [], []", "if flag:\n    xs = []\nelse:\n    xs = []", "xs = b", "xs = []; note(xs)", "(xs := [])"])
    item = random.choice(["x"] * 12 + ["twice(x)", "boom(x)", "(x, 1)", "(y := x)", "x if flag else 0", "(y for y in b)", "len(xs)", "*[x]", "xs", "lambda: x", "[x]", "(\n    x\n)", "x,  # why\n    "])
    call = random.choice([f"xs.insert(0, {item})"] * 18 + [f"xs.insert(0,{item})", f"xs.insert(0, {item}, )", f"xs.insert(False, {item})", f"y = xs.insert(0, {item})", f"(xs.insert(0, {item}))", f"xs.insert(0, {item}); note(1)", f"xs.insert(0, {item}) if x else None", f"[xs.insert(0, y) for y in b]", f"xs.insert(0x0, {item})", f"xs.insert(0, {item}, 1)", f"keep(xs.insert(0, {item}))"])
    written, kind = iterable(random)
    over = loop(random, "a", call)
    if random.random() < 0.06:
        over = random.choice([f"[xs.insert(0, x) for x in a]", f"for x in a: xs.insert(0, x)", f"while len(xs) < 4: xs.insert(0, len(a))", f"return [xs.insert(0, x) for x in a] and xs", f"note([xs.insert(0, x) for x in a], xs)"])
    return Seed(parameters((written, kind), ("b: list[int]", "ints")), f"{start}\n{over}\n{ending(random, 'xs')}", ["xs"])


def list_membership(random):
    element = random.choice(["int", "int", "str", "str", "tuple[int, int]", "float", ""])
    kinds = {"int": "ints", "str": "strs", "tuple[int, int]": "tups", "float": "floats", "": "any"}
    of = f"[{element}]" if element else ""
    a_written = f"a: list{of}" if element else random.choice(["a", "a: list"])
    a = (a_written, kinds[element] if element else ("any" if a_written == "a" else "ints"))
    xs, text = ("xs", f"xs: list{of}"), "s: str"
    how = random.random()
    start, list_param = "", (f"xs: list{of}", kinds[element] if element else "ints")
    if how < 0.4:
        pass
    elif how < 0.5:
        list_param = (random.choice([f"xs: Optional[list{of}] = None", f"xs: 'list{of} | None' = None", f"xs: list{of} = None"]), "maybe" if element == "int" else kinds[element] or "ints")
        start = random.choice(["", "", "if xs is None:\n    return -1", "xs = xs or []", "if xs is None:\n    xs = []", "if not xs:\n    return 0", "if xs is not None:\n    note(xs)"])
    else:
        list_param = ("b: list[int]", "ints")
        start = random.choice(
            ["xs = s.split()", "xs = sorted(a, key=str)", "xs = list(a)", "xs = list(b)", "xs = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", "xs = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'x']",
             "xs = [y for y in b]", "xs = [str(y) for y in b]", "if flag:\n    xs = list(a)", "if flag:\n    xs = s.split()\nelse:\n    xs = []", "xs = WORDS", "xs = TABLE", "xs = SHARED",
             "xs = b\nys = xs", "xs = a", "xs = []\nfor y in b:\n    xs.append(y)", "xs = sorted(s.split())", "xs = list(map(str, b))", "xs = [s, s + 'a']\nxs.extend(s.split())", "xs = s.split() or None", "xs = [*a]", "for xs in (list(a), list(b)):\n    note(1)", "with suppress(Exception):\n    xs = list(a)", "xs = list(range(len(b)))", "try:\n    xs = list(map(int, s.split()))\nexcept ValueError:\n    pass", "xs = b + a", "xs = (a, b)[0]", "xs = keep(list(a))", "xs = None\nif flag:\n    xs = list(a)"]
        )
    needle = random.choice(["x"] * 8 + ["str(x)", "twice(x)", "(x, 1)", "x[0]", "[x]", "-x", "len(a)", "boom(x)", "(y := x)", "None", "x if flag else 0", "s", "int(x)", "s.lower()", "pure(x)", "{x}"])
    op = random.choice(["in", "in", "not in"])
    test = f"{needle} {op} xs"
    shape = random.random()
    if shape < 0.45:
        inner = random.choice([f"if {test}:\n    n += 1\nelse:\n    n -= 1", f"n += {test}", f"if {test}: n += 1", f"if flag and {test}:\n    n += 1", f"n += ({test}) + (1 in xs)", f"if {test}:\n    keep(x)\n    continue\nn += 1", f"n += 1 if {test} else 2", f"while {test}:\n    n += 1\n    break", f"if {test}:\n    xs2 = xs\n    n += len(xs2)", f"n += len([y for y in a if y in xs])", f"if {test}:\n    return n", f"assert {test}", f"if xs and {test}:\n    n += 1", f"if xs is not None and {test}:\n    n += 1", f"try:\n    n += {test}\nexcept TypeError:\n    n += 100", f"if {test}:\n    yield x", f"n += sum(y in xs for y in a)", f"if not {test}:\n    n += 1"])
        over = "n = 0\n" + loop(random, "a", inner)
        end = random.choice(["return n", "return n, xs", "return n, KEPT", "yield n"])
    else:
        over = "n = 0"
        comp = random.choice([f"[x for x in a if {test}]", f"[x for x in a if {test}]", f"{{x for x in a if {test}}}", f"{{x: {test} for x in a}}", f"(x for x in a if {test})", f"sum(1 for x in a if {test})", f"any({test} for x in a)", f"[{test} for x in a]", f"sorted(a, key=lambda x: ({test}, str(x)))", f"list(filter(lambda x: {test}, a))", f"filter(lambda x: {test}, a)", f"list(map(lambda x: {test}, a))", f"map(lambda x: {test}, a)", f"[[{test} for x in a] for _ in a]", f"[x for x in a\n    if {test}]", f"[x for x in a  # why\n    if {test}  # member\n    ]", f"all({test} for x in a if x)", f"max(a, key=lambda x: {test}, default=0)", f"[y for x in a if {test} for y in (x, x)]"])
        where = random.choice([f"return {comp}"] * 4 + [f"n = {comp}\nreturn n", f"n = {comp}\nxs.append(a[0] if a else 0)\nreturn list(n) if hasattr(n, '__next__') else n", f"if xs and {comp}:\n    return 1\nreturn 2", f"return {comp} if xs is not None else []", f"return xs is not None and {comp}", f"return {comp} if xs else {comp}", f"if n:\n    pass\nelif {comp}:\n    return 1\nreturn 2", f"note({comp})\nreturn n", f"g = lambda: {comp}\nreturn g()", f"g = lambda xs: {comp}\nreturn g([1, 2])", f"def g(v={comp}):\n    return v\nreturn g()", f"while {comp} and n < 3:\n    n += 1\n    xs = xs[1:]\nreturn n", f"while {comp} and n < 3:\n    n += 1\n    xs = list(b)\nreturn n" if "b:" in list_param[0] else f"return {comp}", f"for y in {comp}:\n    keep(y)\nreturn n", f"keep({comp})\nreturn n", f"yield {comp}", f"yield from {comp}", f"with suppress(Exception):\n    n = {comp}\nreturn n", f"try:\n    n = {comp}\nexcept TypeError:\n    n = -1\nreturn n", f"match n:\n    case 0 if {comp}:\n        return 1\n    case _:\n        return 2", f"class C:\n    found = {comp}\nreturn C.found", f"return [{comp} for xs in [[1], [2, 3]]]", f"if (xs := list(a)) and {comp}:\n    return 1\nreturn 0", f"n = 5; n = {comp}\nreturn n", f"assert {comp} is not None\nreturn n", f"return (lambda: {comp})()", f"n = [{comp} for _ in range(2)]\nreturn n", f"del n\nreturn {comp}", f"return {comp}, xs.append(1)", f"return xs.append(3), {comp}", f"return [xs.clear(), {comp}]", f"if flag or {comp}:\n    return 1", f"if flag: return {comp}\nreturn 0"])
        over += "\n" + where
        end = "return 3"
    params = parameters(a, list_param, ("s: str", "str"), ("b2: list[int]", "ints"))
    names = ["xs"] if random.random() < 0.85 else ["xs", "a"]
    made = ""
    if random.random() < 0.2:
        # A set of the same is there already, or was.
        made = random.choice(["known = set(xs)"] * 4 + ["known = set(xs)\nxs = list(known)", "if flag:\n    known = set(xs)", "known = set(xs)\nknown.add(3)", "known = set(xs)\nxs.append(4)", "known = keep(set(xs))", "known = set(xs)\nknown = set()", "try:\n    known = set(xs)\nexcept TypeError:\n    known = set()", "known = set(xs)\nys = xs\nys.append(5)", "known = set(xs)\ntouch(b2)", "def g():\n    xs.append(6)\nknown = set(xs)\ng()", "known = set(xs)\nfor y in b2:\n    known.discard(y)"])
        names = ["xs", "xs", "known"]
    return Seed(params, "\n".join(each for each in (start, made, over, end) if each), names)


def dedup(random):
    start = random.choice(["xs = []"] * 20 + ["xs = [0]", "xs = ys = []", "xs: list[int] = []", "xs, ys = [], []", "if flag:\n    xs = []", "xs = b", "xs = []; note(xs)", "xs = list()"])
    op = random.choice(["not in"] * 9 + ["in"])
    item = random.choice(["x"] * 24 + ["x.lower()", "str(x)", "(x, 1)"])
    inside = random.choice([f"xs.append({item})"] * 14 + [f"note(1)\nxs.append({item})", f"xs.append({item})\nnote(2)", "x = 5\nxs.append(x)", f"boom(x)\nxs.append({item})", f"xs.append({item})\nxs.append(0)", f"xs.append({item}); note(1)", f"if flag:\n    xs.append({item})", f"xs.append({item})\nkeep(xs)", f"y = xs.append({item})", f"xs.append({item})  # new", f"xs.append(\n        {item}\n    )", f"yield x\nxs.append({item})"])
    test = random.choice([f"if {item} {op} xs:"] * 22 + [f"if flag and {item} {op} xs:", f"while {item} {op} xs:", f"if ({item} {op} xs):", f"if not {item} in xs:", f"if {item} {op} xs and flag:"])
    body = test + "\n" + block(inside, 1)
    if random.random() < 0.1:
        body += "\n" + random.choice(["else:\n    note(4)", "elif x:\n    note(5)", "else:\n    xs.append(0)", "else:\n    xs.clear()"])
    if random.random() < 0.06:
        body = f"if {item} {op} xs: xs.append({item})"
    if random.random() < 0.06:
        body = f"if {item} in xs: continue\nxs.append({item})"
    written, kind = iterable(random, 0.9)
    return Seed(parameters((written, kind), ("b: list[int]", "ints")), f"{start}\n{loop(random, 'a', body)}\n{ending(random, 'xs')}", ["xs"])


def list_as_queue(random):
    start = random.choice(["xs = list(a)"] * 20 + ["xs = []\nxs.extend(a)", "xs = [y for y in a]", "xs = [*a]"] * 3 + ["xs = []\nxs.extend(a)", "xs = [1]", "xs = [y for y in a]", "xs = ys = list(a)", "xs = a", "xs: list[int] = list(a)", "xs, ys = list(a), []", "xs = sorted(a)", "xs = a[:]", "xs = [*a]", "xs = list(a) or [1]", "xs = []\nfor y in a:\n    xs.append(y)", "xs = [0]\nxs.extend(a)", "if flag:\n    xs = list(a)\nelse:\n    xs = [1]", "xs = list(sorted(a))", "xs = list()\nxs.extend(b)", "xs = list(a) if flag else []"])
    head = random.choice(["while xs:"] * 22 + ["while len(xs) > 0:", "while len(xs):", "while xs and n < 9:", "while True:\n    if not xs:\n        break", "for _ in range(len(xs)):", "for x in xs:", "for y in a:", "while n < 4:", "while xs is not None and xs:", "while not not xs:"])
    pop = random.choice(["x = xs.pop(0)"] * 24 + ["n += len(str(xs.pop(0)))", "keep(xs.pop(0))", "x, y = xs.pop(0), 1", "x = xs.pop(0); n += 1", "x = (xs.pop(0))", "x = xs.pop( 0 )", "del xs[0]\nx = 1", "x = xs.pop(0)\ny = xs.pop(0)", "x = xs.pop(\n    0  # front\n)", "x = xs.pop(0) if xs else 0", "try:\n    x = xs.pop(0)\nexcept IndexError:\n    break", "xs.pop(0)\nx = 1", "xs.pop(0).bit_length()\nx = 2"])
    more = random.choice(["note(x)", "if n < 5:\n    xs.append(n)", "if x in xs:\n    n += 1", "n += len(xs)", "if not xs:\n    n += 7"] * 6 + ["if n < 5:\n    xs.append(n)", "if n < 3:\n    xs.extend([n, n])", "if x in xs:\n    n += 1", "n += len(xs)", "n += sum(xs)", "note(max(xs, default=0))", "note(list(xs))", "for y in xs:\n    n += 1", "for y in xs:\n    if n < 6:\n        xs.append(n)\n        n += 1", "if x == 3:\n    xs.clear()", "note(xs)", "y = xs or [1]", "note(sorted(xs))", "note(min(xs, [1]))", "n += any(y == 1 for y in xs)", "lazy = (y for y in xs)\nkeep(lazy)", "note([y for y in xs])", "keep(xs[0:1])", "if xs:\n    note(1)", "if not xs:\n    n += 7", "if xs and x:\n    n += 2", "xs.insert(0, 1) if n < 3 else None", "xs.sort()", "note(set(xs))", "note(bool(xs))", "n += 1 if xs else 2", "xs += [n] if n < 3 else []", "note(len(xs), xs == [1])", "y = not xs", "y = xs and 1\nkeep(y)", "if xs == []:\n    n += 1", "assert xs or x is not None", "note(sum(b, xs))", "note(max(xs, b))", "xs.extend(xs) if n < 2 else None", "xs.append(xs) if n < 2 else None"])
    inside = f"{pop}\nn += 1\n{more}"
    depth = 1
    tail = random.choice(["return n", "return n, list(xs)", "return n, len(xs)"] * 4 + ["return n", "return n", "return n, list(xs)", "return xs", "return xs or None", "return n, xs", "yield n", "keep(list(xs))\nreturn n", "return n, len(xs)", "return bool(xs)", "return not xs"])
    written, kind = iterable(random, 0.9)
    return Seed(parameters((written, kind), ("b: list[int]", "ints")), f"n = 0\n{start}\n{head}\n{block(inside, depth)}\n{tail}", ["xs"])


def append_loop(random):
    start = random.choice(["xs = []"] * 9 + ["xs = ys = []", "xs: list = []", "xs = []  # start", "xs = []; note(1)", "global SEEN\nSEEN = []", "xs = list()"])
    item = random.choice(["x"] * 3 + ["twice(x)", "boom(x)", "(x, 1)", "x if flag else 0", "lambda: x", "[x]", "x + 1", "str(x)", "(y for y in b)", "x, ", "len(xs)", "*b", "(y := x)", "x for x in b", "n", "locals()", "store(x)"])
    target = random.choice(["x"] * 8 + ["x, y", "(x, y)", "x, *y", "[x, y]", "b[0]", "i, x", "n"])
    over = random.choice(["a"] * 8 + ["list(a)", "enumerate(a)", "zip(a, b)", "a, b", "xs", "a if flag else b", "lambda: 1", "[1, 2] or b", "generator(a)", "(yield)", "*a, 1", "failing(a)", "range(len(a))", "sorted(a)"])
    test = random.choice([""] * 5 + ["x", "x != 2", "boom(x)", "flag and x", "x if flag else b", "x not in b", "lambda: x", "x or flag", "not x"])
    call = random.choice([f"xs.append({item})"] * 6 + [f"xs.append({item}); note(1)", f"xs.append({item})  # add", f"xs.append(({item}))", f"xs.append(\n    {item}\n)"])
    inside = f"if {test}:\n{block(call, 1)}" if test else call
    tail = random.choice(["return xs"] * 6 + ["return xs, x", "return xs, n", "keep(xs)\nreturn b", "yield xs", "return xs, locals().get('x')"])
    written, kind = iterable(random, 0.6)
    return Seed(parameters((written, kind), ("b: list[int]", "ints")), f"n = 1\n{start}\nfor {target} in {over}:\n{block(inside, 1)}\n{tail}", ["xs"])


def eager_any(random):
    written, kind = iterable(random, 0.8)
    call = random.choice(["str(x)", "x.strip()", "len(x)", "x.startswith('a')", "int(x)", "abs(x)", "boom(x)", "pure(x)[0]", "max(x)", "len(str(x))", "sorted(b)", "str(x).islower()", "sum(x)", "(y := len(str(x)))", "x.lower() == 'a'", "hash(x)", "bool(x)", "isinstance(x, int)", "len(str(x)) > 1", "float(x)"])
    test = random.choice(["", "", "", " if x", " if str(x)", " if len(str(x)) > 0", " for y in b", " if boom(x)", " for y in x", " if x else 0" if 0 else ""])
    over = random.choice(["a", "a", "a", "a", "list(a)", "sorted(a)", "a[1:]", "zip(a, b)", "TABLE", "generator(a)", "iter(a)", "(a or b)", "range(len(a))"])
    shape = random.choice(["{n}([{c} for x in {o}{t}])"] * 6 + ["{n}( [ {c} for x in {o}{t} ] )", "{n}([{c}\n    for x in {o}{t}])", "{n}([{c} for x in {o}{t}],)", "{n}(([{c} for x in {o}{t}]))", "{n}([\n    {c}  # why\n    for x in {o}{t}\n])"])
    expression = shape.format(n=random.choice(["any", "all"]), c=call, o=over, t=test)
    body = random.choice(["return {e}", "y = {e}\nreturn y", "if {e}:\n    return 1\nreturn 0", "return not {e}", "return [{e}, n]", "for y in b:\n    n += {e}\nreturn n", "while {e} and n < 3:\n    n += 1\nreturn n", "return {e} and a", "try:\n    n = {e}\nexcept Exception:\n    n = -1\nreturn n", "x = 7\nn = {e}\nreturn x, n"]).format(e=expression)
    return Seed(parameters((written, kind), ("b: list[int]", "ints")), f"n = 0\n{body}", ["a"], variable="n")


def invariant_call(random):
    call = random.choice(["max(a)", "min(a)", "sum(a)", "sorted(a)", "sum(b)", "max(b, default=0)", "len(set(b))", "json.loads(s)", "''.join(s.split())", "max(xs)", "sum(xs)", "sorted(xs)", "max(a, key=str)", "min(xs, default=None)", "sum(y for y in b)", "any(b)", "all(xs)", "max(b) + min(b)", "xs.count(1)", "xs.index(1)", "sum(xs[1:])", "max(map(len, map(str, a)))", "sum(x for x in b)", "b.copy()", "a.count(b)", "s.split()", "sum(a, 0)", "max(s.split())", "sum(map(int, s.split()))"])
    start = random.choice(["xs = list(b)"] * 3 + ["xs = b", "xs = []", "xs = [1, 2, 3]\nxs.extend(b)", "xs = sorted(b)", "if flag:\n    xs = list(b)", "xs = b or [1]", "xs = None\nif b:\n    xs = b"])
    written, kind = iterable(random, 0.85)
    if random.random() < 0.7:
        use = random.choice(["n += {c}", "keep({c})", "if x == {c}:\n    n += 1", "note({c})", "if flag and {c}:\n    n += 1", "n += 1 if {c} else 2", "y = {c}\nn += len(str(y))", "for y in {c}:\n    n += 1", "if x:\n    n += len(str({c}))", "n += [z for z in b if z == {c}] != []", "y = {c}\nkeep(y)", "while n < {c}:\n    n += 1\n    if n > 5:\n        break", "try:\n    n += {c}\nexcept Exception:\n    n += 1", "for y in {c}:\n    b.append(1)\n    break", "z = {c}; n += 1\nkeep(z)", "if b and {c}:\n    n += 1", "if xs:\n    n += {c}"]).format(c=call)
        over = loop(random, "a", use)
        tail = random.choice(["return n", "return n, KEPT", "return n, xs"])
    else:
        over = ""
        tail = random.choice(["return [x for x in a if x == {c}]", "return [{c} for x in a]", "return sum(1 for x in a if {c})", "return sorted(a, key=lambda x: (x == {c}, str(x)))", "return (x for x in a if x != {c})", "if b:\n    return [x for x in a if x != {c}]\nreturn 0", "return [x for x in a if x != {c}] if b else []", "return b and [x for x in a if x != {c}]", "if not b:\n    return 0\nelif [x for x in a if x != {c}]:\n    return 1", "return [[x, {c}] for x in a for y in b]", "return [{c} for b in [[1], [2]] for x in a]", "return {{x: {c} for x in a}}", "g = lambda b: [{c} for x in a]\nreturn g([4])"]).format(c=call)
    return Seed(parameters((written, kind), ("b: list[int]", "ints"), ("s: str", "str")), "\n".join(each for each in ("n = 0", start, over, tail) if each), ["xs", "b"])


def rebuilt(random):
    build = random.choice(["set(b)", "set(xs)", "frozenset(b)", "list(b)", "sorted(b)", "sorted(xs)", "tuple(b)", "dict(d)", "{y for y in b}", "[y for y in b]", "{y: 1 for y in b}", "set(a)", "set(c)", "[y + 1 for y in xs]", "[boom(y) for y in b]", "set(s.split())", "list(map(str, b))", "sorted(b, key=str)", "{y for y in b if y}", "set(xs)", "[y for y in xs if y != 1]", "dict(enumerate(b))", "list(d)", "sorted(d)", "[x for x in b]", "dict(zip(b, b))"])
    start = random.choice(["xs = list(b)"] * 3 + ["xs = b", "xs = []", "xs = [1, 2, 3]\nxs.extend(b)", "if flag:\n    xs = list(b)", "xs = None\nif b:\n    xs = b", "xs = iter(b)", "xs = (y for y in b)"])
    written, kind = iterable(random, 0.85)
    if random.random() < 0.65:
        use = random.choice(["if x in {c}:\n    n += 1", "if 1 in {c}:\n    n += 1", "y = {c}\nn += len(y)", "y = {c}\nif x in y:\n    n += 1", "keep({c})", "y = {c}\ny.clear()", "for y in {c}:\n    n += 1", "n += len({c})", "if flag and x in {c}:\n    n += 1", "y = {c}\nkeep(y)", "y = {c}\nif x in y:\n    continue\nn += 1", "if xs and x in {c}:\n    n += 1", "if x:\n    y = {c}\n    n += 1 in y", "note({c})", "y = z = {c}\nn += len(y)", "try:\n    n += x in {c}\nexcept Exception:\n    n += 50", "y = {c}\nfor z in y:\n    n += 1", "y = {c}; n += len(y)", "if x not in {c}:\n    b.append(1)", "y = {c}\nb = [1]", "n += x in {c}\nbreak", "y = {c}\nreturn y", "yield {c}"]).format(c=build)
        over = loop(random, "a", use)
        tail = random.choice(["return n", "return n, KEPT", "return n, xs", "return y", "return n, y"])
    else:
        over = ""
        tail = random.choice(["return [x for x in a if x in {c}]"] * 3 + ["return sum(1 for x in a if x in {c})", "return sorted(a, key=lambda x: (x in {c}, str(x)))", "return (x for x in a if x in {c})", "if b:\n    return [x for x in a if x in {c}]\nreturn 0", "return [x for x in a if x in {c}] if b else []", "return b and [x for x in a if x in {c}]", "if not b:\n    return 0\nelif [x for x in a if x in {c}]:\n    return 1", "return [[x, 1 in {c}] for x in a for z in b]", "return [1 in {c} for b in [[1], [2]] for x in a]", "return {{x: x in {c} for x in a}}", "g = lambda b: [x in {c} for x in a]\nreturn g([4])", "while [x for x in a if x in {c}] and n < 3:\n    n += 1\n    b.clear()\nreturn n", "if (b := [2]) and [x for x in a if x in {c}]:\n    return 1"]).format(c=build)
    return Seed(parameters((written, kind), ("b: list[int]", "ints"), ("c", "any"), ("d: dict[str, int]", "dict"), ("s: str", "str")), "\n".join(each for each in ("n = 0", start, over, tail) if each), ["xs", "b"])


def missing_break(random):
    flag_name = random.choice(["n", "found"])
    value = random.choice(["True", "False", "1", "'x'", "None", "2.5"])
    condition = random.choice(["x == 2", "x > 1", "x in b", "str(x) == '1'", "x.startswith('a')", "x", "not x", "len(str(x)) > 1", "boom(x)", "x[0] == 1", "1 // x", "x == n", "(y := x)", "x is None", "x != 3 and x", "x in TABLE", "isinstance(x, str)", "pure(x)", "b[x]", "x == found", "found is x", "not found", "x and not n", "len(b) > 2", "x < len(b)", "x.lower() == 'a'", "max(b, default=0) == x"])
    over = random.choice(["a"] * 8 + ["list(a)", "b", "range(5)", "reversed(a)", "a[1:]", "sorted(a)", "enumerate(a)", "zip(a, b)", "{1: 2, 2: 3}", "set(b)", "'abc'", "d", "d.values()", "generator(a)", "iter(a)", "tuple(a)", "d.items()", "(a)"])
    target = random.choice(["x"] * 8 + ["x, y", "(x)", "i, x", "b[0]", "n", "found"])
    assign = f"{flag_name} = {value}"
    body = random.choice([f"for {target} in {over}:\n    if {condition}:\n        {assign}"] * 6 + [f"for {target} in {over}:\n    if {condition}: {assign}", f"for {target} in {over}:\n    if {condition}:\n        {assign}  # found", f"for _ in range(2):\n    for {target} in {over}:\n        if {condition}:\n            {assign}", f"for {target} in {over}:\n    if {condition}:\n        {assign};", f"for {target} in {over}:\n    if ({condition}):\n        {assign}"])
    tail = random.choice(["return found", "return found, n", "return n, found", "return found, x", "return found, KEPT", "return found, locals().get('x')", "yield found"])
    written, kind = iterable(random, 0.9)
    return Seed(parameters((written, kind), ("b: list[int]", "ints"), ("d: dict[str, int]", "dict")), f"n = 0\nfound = False\n{body}\n{tail}", ["a", "b"])


def sorted_first(random, indexes=("[0]",) * 3 + ("[-1]",) * 3 + ("[ 0 ]", "[- 1]", "[1]", "[0][0]", "[-1:]")):
    argument = random.choice(["a"] * 5 + ["b", "c", "xs", "[y for y in b]", "(y for y in b)", "y for y in b", "set(b)", "a + a", "d", "generator(a)", "b[1:]", "b or [1]", "(b)", "failing(b)", "xs if flag else b", "map(str, b)", "d.items()", "*[b]", "[[1], [1.0], [True]]", "s", "s.split()"])
    key = random.choice([""] * 5 + [", key=str", ", key=len", ", key=lambda y: -y", ", key=None", ", key=abs", ", key=lambda y: 0", ", key=boom", ",", ", **{}", ", key=lambda y: y % 2"])
    index = random.choice(indexes)
    if argument == "y for y in b" and key:
        key = ""
    e = f"sorted({argument}{key}){index}"
    body = random.choice(["return {e}"] * 5 + ["n = {e}\nreturn n", "for x in b:\n    keep({e})\nreturn n", "if {e} == 1:\n    return 1\nreturn 2", "return [{e} for x in b]", "if b:\n    return {e}\nreturn 0", "try:\n    return {e}\nexcept IndexError:\n    return 5", "try:\n    return {e}\nexcept (ValueError, IndexError):\n    return 5", "return {e} if a else None", "return f'{{{e}}}'", "n, m = {e}, 1\nreturn n", "return sorted(\n    {a}{k}\n){i}", "with suppress(IndexError):\n    return {e}\nreturn 8", "return sorted(\n    {a}  # why\n    {k}\n){i}", "xs = sorted(b)\nreturn {e}", "return -{e}"])
    body = body.format(e=e, a=argument, k=key, i=index)
    written, kind = iterable(random, 0.85)
    return Seed(parameters((written, kind), ("b: list[int]", "ints"), ("c", "any"), ("d: dict[str, int]", "dict"), ("s: str", "str")), f"n = 0\nxs = list(b)\n{body}", ["xs", "a"])


def sorted_top_k(random):
    return sorted_first(random, ["[:3]"] * 4 + ["[:1]", "[: 2]", "[:10]", "[:5]", "[:2][0]", "[:3][::-1]", "[0:2]", "[:-1]", "[:n]"])


def string_accumulate(random):
    start = random.choice(["xs = ''"] * 6 + ["xs = 'a'", "xs = str(b)", "xs: str = ''", "xs = ys = ''", "xs = c", "xs = s", "xs = 1"])
    part = ["'-'", "str(x)", "x", "s", "str(b)", "c", "f'{x}'", "('a' if flag else 'b')", "'a' * 2", "twice(s)", "boom(s)", "xs", "xs[:1]", "str(len(xs))", "x * 2", "(s or 'z')", "s.upper()", "'a' 'b'", "'a' 'b'", "2 * 'a'"]
    one, two = random.choice(part), random.choice(part)
    grown = random.choice([f"xs = xs + {one} + {two}"] * 8 + [f"xs = (xs + {one} + {two})", f"xs = (xs + {one}) + {two}", f"xs = xs + ({one} + {two})", f"xs = xs + {one} + {two} + '.'", f"xs = xs+{one}+{two}", f"xs = f'{{xs}}{{x}}'", f"xs = xs + {one} + {two}  # grow", f"xs = xs + {one} \\\n    + {two}", f"xs = xs + (\n    {one}) + {two}", f"xs = (xs\n    + {one}\n    + {two})", f"xs = xs + {one} + {two}; note(1)", f"xs = xs + {one} + {two} if flag else xs"])
    written, kind = random.choice([("a: list[str]", "strs"), ("a: list[str]", "strs"), ("a: list[int]", "ints"), ("a", "any")])
    return Seed(parameters((written, kind), ("b: list[int]", "ints"), ("c", "any"), ("s: str", "str")), f"{start}\n{loop(random, 'a', grown)}\n{ending(random, 'xs')}", ["xs"], kind="str")


def strptime(random):
    form = random.choice(["%Y-%m-%d"] * 3 + ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y", "%Y-%m-%dT%H:%M"])
    text = random.choice(["x"] * 5 + ["str(x)", "x.strip()", "x[:10]", "(x)", "x + ''", "f'{x}'", "x if flag else '2024-01-01'", "(y := x)", "boom(x)", "lambda: x", "*[x]"])
    owner = random.choice(["datetime.datetime"] * 4 + ["dt"])
    call = random.choice(["{o}.strptime({t}, '{f}')"] * 5 + ["{o}.strptime({t}, '{f}').date()", "{o}.strptime({t}, \"{f}\",)", "{o}.strptime(\n    {t},\n    '{f}',  # iso\n)", "{o}.strptime({t}, format='{f}')", "{o} . strptime({t}, '{f}')"]).format(o=owner, t=text, f=form)
    head = "from datetime import datetime as dt\n" if owner == "dt" else ""
    use = random.choice([f"keep({call})", f"y = {call}\nkeep(y)", f"try:\n    keep({call})\nexcept ValueError:\n    keep(x)", f"n += {call} is not None", f"if {call}:\n    n += 1"])
    body = loop(random, "a", use) + "\nreturn n"
    if random.random() < 0.3:
        body = f"return [{call} for x in a]"
    return Seed(parameters(random.choice([("a: list[str]", "dates"), ("a", "dates")]), ("b: list[int]", "ints")), f"n = 0\n{head}{body}", ["a"])


def sum_of_lists(random):
    argument = random.choice(["a"] * 5 + ["c", "[b, b, b]", "[[x] for x in b]", "([x] for x in b)", "[x] for x in b", "list(a)", "map(list, a)", "a[1:]", "(a)", "[x for x in a if x]", "d.values()", "generator(a)", "xs", "failing(a)", "a or [[1]]", "zip(b, b)", "a if flag else []", "lambda: 1", "*[a]"])
    start = random.choice(["[]"] * 6 + ["start=[]", "[ ]", "list()", "[0]", "()", "b", "[],"])
    if argument == "[x] for x in b":
        argument = "([x] for x in b)"
    call = random.choice([f"sum({argument}, {start})"] * 6 + [f"sum(\n    {argument},\n    {start}\n)", f"sum({argument},{start})", f"sum(  {argument} , {start} )", f"sum({argument},  # lists\n    {start})", f"_functools.reduce(operator.add, {argument}, [])"])
    body = random.choice(["return {e}"] * 5 + ["y = {e}\nreturn y", "for x in {e}:\n    keep(x)\nreturn n", "return len({e})", "return [y for y in {e}]", "return {e} + [1]", "return set(map(str, {e}))", "y = {e}\ny.append(1)\nreturn y, a", "try:\n    return {e}\nexcept TypeError:\n    return -1", "return {e}[0:1]", "return sorted({e}, key=str)"]).format(e=call)
    written = random.choice([("a: list[list[int]]", "lists"), ("a", "lists"), ("a", "any")])
    return Seed(parameters(written, ("b: list[int]", "ints"), ("c", "any"), ("d: dict[str, int]", "dict")), f"n = 0\nxs = [b, [1]]\n{body}", ["xs", "a"])


def recursion(random):
    params = random.choice([["n: int"], ["n"], ["n", "m=1"], ["n: int", "m: int = 2"], ["n", "*, flag=True"], ["n=5"]])
    kinds = {"n: int": "small", "n": random.choice(["small", "small", "small", "any"]), "n=5": "small", "m=1": "small", "m: int = 2": "small"}
    rest = ", m" if any(each.startswith("m") for each in params) else ""
    base = random.choice(["if n < 2:\n    return n", "if n < 2:\n    return 1", "if n <= 1:\n    return [n]", "if n < 1:\n    return ''", "if n < 2:\n    return {n: 1}", "if n in (0, 1):\n    return n", "if n < 2:\n    return n * m" if rest else "if n < 2:\n    return n", "if not n > 1:\n    return (n,)", "if n < 2:\n    return 1.5", "if n < 2:\n    return abs(n)", "if n < 2: return n", "if n < 2:\n    return True", "if n < 2:\n    note(n)\n    return 1", "if n < 2:\n    return TABLE", "if n < 2:\n    return None"])
    op = random.choice(["+"] * 5 + ["*", "-", "%", "|"])
    first, second = random.choice([(1, 2)] * 5 + [(1, 1), (2, 3), (1, 3)])
    step = f"f(n - {first}{rest}) {op} f(n - {second}{rest})"
    body = random.choice([f"{base}\nreturn {step}"] * 6 + [f"{base}\nresult = {step}\nreturn result", f"{base}\nreturn {step} + 1", f"# comment\n{base}\nreturn ({step})", f"'doc'\n{base}\nreturn {step}", f"{base}\ny = {step}\nkeep(y)\nreturn y"])
    written = [(each, kinds.get(each, "flag")) for each in params if not each.startswith("*")]
    return Seed([*written, *([("*, flag=True", "none")] if "*, flag=True" in params else [])], body, ["n"], variable="n", recursive=True)


PATTERNS = {
    "growing-list-copy": growing_list_copy, "dict-or-set-copy-accumulate": dict_or_set_copy, "front-insert": front_insert,
    "list-membership-in-loop": list_membership, "dedup-by-scan": dedup, "list-as-queue": list_as_queue, "append-loop": append_loop,
    "eager-any-all-list": eager_any, "invariant-call": invariant_call, "rebuilt-collection": rebuilt, "missing-break": missing_break,
    "sorted-first": sorted_first, "sorted-top-k": sorted_top_k, "string-accumulate-quadratic": string_accumulate, "strptime-iso": strptime,
    "sum-of-lists": sum_of_lists, "unmemoised-recursion": recursion,
}
