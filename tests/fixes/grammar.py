"""Small programs around a pattern: a seed from patterns.py, bent by noise, wrappers, renaming and odd formatting.

Knows the shape of Python's blocks. Does not know looplint's rules.
"""
import re

CONTINUES = ("else:", "elif ", "except", "finally:", "case ")

HEAD = '''"""Programs written by prove.py."""
from odd import KEPT, SHARED, AddsItself, Box, Stop, boom, failing, generator, keep, note, nothing, suppress, touch, twice
'''
HEADS = [
    HEAD,
    '"""Programs."""\nfrom __future__ import annotations\n' + HEAD.split("\n", 1)[1],
    "# -*- coding: utf-8 -*-\n" + HEAD.split("\n", 1)[1],
    HEAD + "import itertools, functools, heapq\nfrom collections import deque\n",
    HEAD + "import collections as c, itertools as it\nimport functools as ft\n",
    "# é\nimport os; import sys\n" + HEAD.split("\n", 1)[1],
    HEAD + "try:\n    import heapq as hq\nexcept ImportError:\n    hq = None\n",
]
TAIL_OF_HEAD = '''
import datetime
import functools as _functools
import json
import operator
from typing import Optional
TABLE = [1, 2, 3]
SEEN = []
WORDS = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]


def store(value):
    """Keeps a value in the module."""
    SEEN.append(value)
    return value


def grow(values):
    """Changes its argument."""
    values.append(4)


def pure(value):
    return (value, value)


def spoil():
    TABLE.append(7)

'''

# What is done with a collection `X`, in front of, in and after the pattern. `I` is the loop's variable or a constant.
QUIET = [
    "note(1)", "pass", "n_seen = len(X)", "note(len(X))", "text = f'{X}'", "note(str(X))", "note(X[:])", "other = X[:1]",
    "if X:\n    note(2)", "if not X:\n    note(3)", "if I in X:\n    note(4)", "for each in list(X):\n    note(each)",
    "note(sorted(X, key=str))", "assert X is not None", "if len(X) > 3:\n    break", "if len(X) > 2:\n    raise Stop",
    "if I == 2:\n    continue", "if I == 3:\n    break", "if I == 1:\n    return None", "boom(I)", "1 // (I or 1)", "note(I)",
    "try:\n    boom(I)\nexcept Stop:\n    note(5)", "with suppress(Stop):\n    boom(I)", "# a comment", "note(I)  # why",
    "copy = list(X)", "copy = [*X]", "copy = X + []", "keep(list(X))", "keep(tuple(X))", "total = sum(1 for _ in X)",
    "note([str(each) for each in X])", "if any(each == I for each in X):\n    note(6)", "print(end='')", "keep(I)",
]
LOUD = [
    "y = X", "keep(X)", "KEPT.append(X)", "y = X or []", "y = X if I else []", "pair = (X, 1)", "table = {'k': X}",
    "box = Box(X)", "box = Box()\nbox.x = X\nkeep(box)", "held = [X]\nkeep(held)", "X.append(I)", "X.clear()", "X.sort(key=str)",
    "del X[:1]", "X[:] = []", "X[:1] = [I]", "X *= 2", "X += [I]", "X = list(X)", "X = X or [1]", "X = None", "del X", "X.pop()",
    "for each in X:\n    note(each)", "for each in X:\n    if len(X) < 9:\n        X.append(1)", "it = iter(X)\nnext(it, None)\nkeep(it)",
    "lazy = (each for each in X)\nkeep(lazy)", "late = lambda: X\nkeep(late())", "def inner():\n    return X\nkeep(inner())",
    "def inner():\n    X.append(5)\ninner()", "keep(locals())", "keep(vars()['X'])", "yield X", "yield 1", "yield from X",
    "grow(X)", "store(X)", "touch(X)", "pure(X)", "keep(pure(X))", "(z := X)", "keep((z := X))", "first, *rest = X", "zipped = zip(X, X)\nkeep(zipped)",
    "mapped = map(str, X)\nkeep(mapped)", "add = X.append\nadd(I)", "X.__iadd__([I])", "match X:\n    case [first, *_]:\n        note(first)\n    case y:\n        keep(y)",
    "raise Stop(X)", "return X", "with Stop() as y:\n    pass", "spoil()", "keep(X is None)", "global SHARED\nSHARED = X", "SHARED.append(X)",
    "X.extend(X[:2])", "X.reverse()", "X.insert(0, I)", "try:\n    raise Stop(X)\nexcept Stop as error:\n    keep(error.args)", "keep(reversed(X))",
    "y = X\ny.append(1)", "if I:\n    y = X\nelse:\n    y = []\ny.append(2)", "print(X, end='', file=None)", "keep(*X)", "keep(X[-1:])", "a = b = X\nkeep(a)",
    "exec('X.append(8)')", "keep(enumerate(X))", "keep(X) if I else None", "for y in [X]:\n    y.append(3)", "[y.append(3) for y in (X,)]",
]
# For sets and dicts: what a list alone can do goes out.
NO_LIST = re.compile(r"X\.(append|sort|insert|reverse|extend|__iadd__)|X\[|X \+|\[X|X \*=")


def tree(text):
    """Lines as [line, children]; text is indented by four."""
    root = ["", []]
    stack = [(-1, root)]
    open_brackets = 0
    for line in text.splitlines():
        if not line.strip():
            continue
        if open_brackets:
            last = stack[-1][1]
            last[0] += "\n" + line
        else:
            depth = (len(line) - len(line.lstrip(" "))) // 4
            while stack[-1][0] >= depth:
                stack.pop()
            node = [line.strip(), []]
            stack[-1][1][1].append(node)
            stack.append((depth, node))
        bare = re.sub(r"#.*|'[^'\n]*'|\"[^\"\n]*\"", "", line)
        open_brackets += sum(bare.count(each) for each in "([{") - sum(bare.count(each) for each in ")]}")
    return root[1]


def text_of(nodes, depth, unit="    "):
    lines = []
    for line, children in nodes:
        first, *rest = line.split("\n")
        lines.append(unit * depth + first)
        lines.extend(unit * depth + "    " + each.strip() for each in rest)
        lines.extend(text_of(children, depth + 1, unit))
    return lines


def blocks(nodes, in_loop=False):
    """All blocks with whether a loop is around them."""
    yield nodes, in_loop
    for line, children in nodes:
        if children and not line.startswith(("def ", "async def ", "class ")):
            yield from blocks(children, in_loop or line.startswith(("for ", "while ", "async for ")))


def whole_from(block, at):
    """Moves `at` back to the head of a compound statement."""
    while at < len(block) and at > 0 and block[at][0].startswith(CONTINUES):
        at -= 1
    return at


def add_noise(random, body, names, variable, kind):
    all_blocks = list(blocks(body))
    block, in_loop = random.choice(all_blocks)
    at = random.randint(0, len(block))
    if at < len(block) and block[at][0].startswith(CONTINUES):
        return
    source = random.choice(QUIET if random.random() < 0.6 else LOUD)
    if kind != "list" and NO_LIST.search(source):
        return
    source = re.sub(r"\bX\b", random.choice(names), source)
    source = re.sub(r"\bI\b", variable if in_loop else "1", source)
    block[at:at] = tree(source)


def wrap(random, body, names):
    """Something around a part of the body."""
    block, in_loop = random.choice(list(blocks(body)))
    if not block:
        return
    start = whole_from(block, random.randrange(len(block)))
    end = random.randint(start + 1, len(block))
    while end < len(block) and block[end][0].startswith(CONTINUES):
        end += 1
    inside = block[start:end]
    name = random.choice(names)
    around = random.choice(
        [
            [["try:", inside], ["except Exception:", [["note('caught')", []]]]],
            [["try:", inside], ["except Exception:", [[f"note({name})", []]]]],
            [["try:", inside], ["finally:", [[f"keep(list({name}))", []]]]],
            [["try:", inside], ["except Stop:", [[f"return {name}", []]]]],
            [["with suppress(Exception):", inside]],
            [["for turn in range(3):", inside]],
            [["for turn in (1, 2):", inside]],
            [["while True:", [*inside, ["break", []]]]],
            [["if flag:", inside]],
            [["if flag:", inside], ["else:", [["pass", []]]]],
            [["if not flag:", [["pass", []]]], ["else:", inside]],
            [["def inner():", inside], ["inner()", []]],
            [["def inner():", inside], ["keep(inner())", []]],
            [["for turn in range(2):", [*inside, [f"keep({name})", []]]]],
            [["for turn in range(2):", [*inside, [f"{name}.clear()", []]]]],
        ]
    )
    block[start:end] = around


def odd_format(random, text):
    """The same program in unusual clothes."""
    choice = random.random()
    if choice < 0.05:
        text = re.sub(r"^(\s*)return (.+)$", r"\1return (\2)", text, flags=re.M)
    elif choice < 0.1:
        text = re.sub(r"\) *$", ")  # trailing", text, count=2, flags=re.M)
    elif choice < 0.14:
        text = text.replace("= ", "=  ").replace(" in ", "  in  ")
    elif choice < 0.18:
        text = text.replace(", ", ",").replace(" = ", "=")
    elif choice < 0.22:
        text = re.sub(r"\(([^()\n]+)\)\n", r"(\n        \1\n    )\n", text, count=1)
    elif choice < 0.26:
        text = re.sub(r"\(([^()\n]+)\)\n", r"(  # inside\n        \1  # of it\n    )\n", text, count=1)
    elif choice < 0.3:
        text = re.sub(r":\n +(note|keep)\(([^()\n]*)\)\n", r": \1(\2)\n", text, count=1)
    elif choice < 0.33:
        text = re.sub(r"^( +)([a-z]+ = [^\n;]+)\n\1([a-z]\S+[^\n:]*)$", r"\1\2; \3", text, count=1, flags=re.M)
    elif choice < 0.36:
        text = re.sub(r" (in|\+|==|=) ", r" \1 \\\n            ", text, count=1)
    return text


RENAMES = ["known", "set", "list", "deque", "min", "sorted", "xs_set", "xs_seen", "_", "Xs", "été", "data"]


def rename(random, text, names):
    """Names that hide builtins or that a fix would like to use."""
    if random.random() < 0.12:
        old, new = random.choice(names), random.choice(RENAMES)
        if random.random() < 0.004:
            new = random.choice(["itertools", "functools", "heapq"])
        if not re.search(rf"\b{new}\b", text):
            text = re.sub(rf"(?<![.\w]){old}\b", new, text)
    if random.random() < 0.06:
        taken = random.choice(names) + random.choice(["_set", "_seen", "_set_2", "_list", "_sorted", "_items"])
        how = random.choice([f"{taken} = 5", f"for {taken} in (1, 2): pass", f"try: boom(2)\n    except Stop as {taken}: pass",
                             f"def {taken}(): pass", f"import odd as {taken}", f"match 1:\n        case {taken}: pass"])
        text = re.sub(r"\n", f"\n    {how}\n", text, count=1)
    return text


def program(random, number, seed):
    """One function's text, or None where noise made it no Python."""
    params, body, names, variable, kind = seed.params, tree(seed.body), seed.names, seed.variable, seed.kind
    for _ in range(random.choice([0, 0, 0, 1, 1, 1, 2, 2, 3])):
        add_noise(random, body, names, variable, kind)
    for _ in range(random.choice([0, 0, 0, 0, 1, 1, 2])):
        wrap(random, body, names)
    unit = "\t" if random.random() < 0.03 else "    "
    is_async = seed.is_async or random.random() < 0.03
    if is_async and random.random() < 0.7:
        block, _ = random.choice(list(blocks(body)))
        at = random.randint(0, len(block))
        if not (at < len(block) and block[at][0].startswith(CONTINUES)):
            block[at:at] = [["await nothing()", []]]
    head = f"{'async ' if is_async else ''}def f({', '.join(written for written, _ in params)}):"
    text = "\n".join([head, *text_of(body, 1, unit)]) + "\n"
    text = odd_format(random, text)
    text = rename(random, text, names)
    name = f"p{number}"
    text = re.sub(r"^(async )?def f\(", rf"\1def {name}(", text)
    text = re.sub(r"(?<![.\w])f\(", f"{name}(", text) if seed.recursive else text
    choice = random.random()
    if choice < 0.04 and not seed.recursive:
        # A method, called through its class.
        inside = text.replace(f"def {name}(", f"def {name}_method(self, ", 1)
        inside = "\n".join("    " + line if line.strip() else line for line in inside.splitlines())
        text = f"class Of{number}:\n{inside}\n\n\n{name} = Of{number}().{name}_method\n"
    elif choice < 0.07 and not seed.recursive:
        # A function in a function, which sees the outer one's parameters.
        inside = "\n".join("    " + line if line.strip() else line for line in text.splitlines())
        text = f"def made{number}():\n{inside}\n    return {name}\n\n\n{name} = made{number}()\n"
    try:
        compile(text, "program", "exec")
    except (SyntaxError, ValueError):
        return None
    return text
