"""Runs the examples in the tables and tells what really happened, for tests.rs to compare.

Usage: python3 check.py TABLE...
Each output line is a JSON object: place, owner, member, receiver, arguments and result as types in the notation of
the tables, and errors: what the row says about change, freshness, keeping or existence that the run contradicts.
Knows nothing of rows without an example but whether the name exists.
"""

import array
import ast
import collections
import functools
import gc
import importlib
import inspect
import io
import itertools
import json
import os
import pathlib
import re
import sqlite3
import sys
import tempfile
import types

# Names that came after 3.11, the oldest version this check is strict about.
NEWER = {
    "copy.replace": (3, 13),
    "int.is_integer": (3, 12),
    "itertools.batched": (3, 12),
    "math.fma": (3, 13),
    "math.sumprod": (3, 12),
    "Path.walk": (3, 12),
    "Path.with_segments": (3, 12),
}
# Owners that stand for many classes, or for an interface that no one class has in full.
ABSTRACT = {"IO", "AbstractSet", "Mapping", "Sequence", "Iterator", "Connection", "Cursor", "Match", "Pattern"}
BUILTIN_OWNERS = {
    "KeysView": type({}.keys()),
    "ItemsView": type({}.items()),
    "OrderedDict": collections.OrderedDict,
    "Counter": collections.Counter,
    "defaultdict": collections.defaultdict,
    "deque": collections.deque,
    "Path": pathlib.Path,
}
CHANGEABLE = (list, dict, set, bytearray, collections.deque, array.array)
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, functools.partial)


def lookup(dotted):
    """The object that a dotted name means, None where it cannot be imported."""
    if dotted in BUILTIN_OWNERS:
        return BUILTIN_OWNERS[dotted]
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ImportError:
            continue
        for part in parts[end:]:
            found = getattr(found, part, None)
        return found
    return getattr(__import__("builtins"), dotted, None)


def union(texts):
    texts = sorted(set(texts))
    return " | ".join(texts) if texts else "Never"


def describe(value, names=(), consume=False):
    """The type of a value in the notation of the tables; classes in `names` are told by their names."""
    for name in names:
        known = lookup(name)
        if isinstance(known, type) and isinstance(value, known):
            return name

    def inner(items):
        return union(describe(item, names, consume) for item in items)

    def pair(mapping):
        return f"{inner(mapping)}, {inner(mapping.values())}"

    plain = {type(None): "None", bool: "bool", int: "int", float: "float", complex: "number", str: "str",
             bytes: "bytes", bytearray: "bytearray", range: "range"}
    if type(value) in plain:
        return plain[type(value)]
    if isinstance(value, bool):
        return "bool"
    for base in (int, float, str):
        if isinstance(value, base):
            return base.__name__
    if isinstance(value, collections.Counter):
        return f"Counter[{inner(value)}]"
    for name, kind in {"defaultdict": collections.defaultdict, "OrderedDict": collections.OrderedDict,
                       "dict": dict, "Mapping": types.MappingProxyType}.items():
        if isinstance(value, kind):
            return f"{name}[{pair(value)}]"
    for name, kind in {"list": list, "set": set, "frozenset": frozenset, "deque": collections.deque,
                       "KeysView": type({}.keys()), "ValuesView": type({}.values())}.items():
        if isinstance(value, kind):
            return f"{name}[{inner(value)}]"
    if isinstance(value, type({}.items())):
        return f"ItemsView[{pair(dict(value))}]"
    if isinstance(value, tuple):
        return f"tuple[{', '.join(describe(item, names, consume) for item in value) or '()'}]"
    if isinstance(value, re.Pattern):
        return f"Pattern[{describe(value.pattern)}]"
    if isinstance(value, re.Match):
        return f"Match[{describe(value.string)}]"
    if isinstance(value, pathlib.PurePath):
        return "Path"
    if isinstance(value, io.TextIOBase):
        return "TextIO"
    if isinstance(value, io.IOBase):
        return "BinaryIO"
    if isinstance(value, sqlite3.Connection):
        return "Connection"
    if isinstance(value, sqlite3.Cursor):
        return "Cursor"
    if hasattr(value, "__next__"):
        if not consume:
            return "Iterator"
        items = list(itertools.islice(value, 3))
        return f"Iterator[{union(describe(item, names, True) for item in items)}]"
    if isinstance(value, FUNCTIONS) or type(value).__module__ in ("operator", "functools") and callable(value):
        return "Callable"
    name = type(value).__name__
    return name if type(value).__module__ == "builtins" and name.isidentifier() else "object"


def reaches(start, target, depth=3):
    """Whether `target` itself can be reached from `start`."""
    level = [start]
    for _ in range(depth):
        level = [one for one in gc.get_referents(*level) if not isinstance(one, (type, types.ModuleType))]
        if any(one is target for one in level):
            return True
    return False


def class_names(text):
    """The names of classes in a type's text that `describe` has no other word for."""
    names = re.findall(r"[a-z_]\w*(?:\.\w+)*", text)
    return {name for name in names if "." in name or name in ("slice", "type", "memoryview", "object")}


class Row:
    def __init__(self, place, owner, is_module, line):
        self.place, self.owner, self.is_module = place, owner, is_module
        self.member, rest = (part.strip() for part in line.split(" -> ", 1))
        facts, _, self.example = rest.partition(";;")
        self.result, _, words = facts.partition(";")
        self.words = set(words.split())
        self.names = class_names(self.result.replace("Self", owner))
        self.receiver_names = self.names | class_names(owner)

    @property
    def full(self):
        return f"{self.owner}.{self.member}"

    def exists(self):
        """What is wrong with the name, if anything."""
        if self.owner in ABSTRACT or sys.version_info < NEWER.get(self.full, (3, 11)):
            return []
        owner = lookup(self.owner)
        # A function that makes the object stands for its class; some of them iterate by the older protocol.
        if not isinstance(owner, (type, types.ModuleType)) or self.member == "__iter__":
            return []
        instance_only = not self.is_module and "value" in self.words
        if not hasattr(owner, self.member) and not instance_only:
            return [f"{self.full} does not exist"]
        found = getattr(owner, self.member, None)
        if self.is_module and ("value" in self.words) == callable(found):
            return [f"{self.full} is {'' if callable(found) else 'not '}callable"]
        return []


def rows(path):
    owner, is_module = "", False
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.strip()
        if " -> " in line and not line.startswith("#"):
            yield Row(f"{os.path.basename(path)}:{number}", owner, is_module, line)
        elif line.startswith(("module ", "class ")):
            kind, owner = line.split()[:2]
            is_module = kind == "module"


def run(row, scope):
    """Evaluates a row's example; gives the record for the output."""
    node = ast.parse(row.example.strip(), mode="eval").body

    def value_of(part):
        return eval(compile(ast.Expression(part), row.place, "eval"), scope)

    errors = row.exists()
    record = {"place": row.place, "owner": row.owner, "member": row.member, "errors": errors}
    call = isinstance(node, ast.Call)
    target = node.func if call else node
    receiver = value_of(target.value) if isinstance(target, ast.Attribute) else None
    bound = receiver is not None and not isinstance(receiver, (types.ModuleType, type))
    record["receiver"] = describe(receiver, row.receiver_names) if bound else "Unknown"
    if call == ("value" in row.words):
        errors.append(f"{row.full}: an attribute is not called, a method is")
    if not call:
        record.update(arguments=[], result=describe(value_of(node), row.names, True))
        return record
    arguments = [value_of(part) for part in node.args]
    keywords = {word.arg: value_of(word.value) for word in node.keywords}
    record["arguments"] = [describe(one, row.receiver_names) for one in arguments]
    subjects = ([("self", receiver)] if bound else []) + [(str(at), one) for at, one in enumerate(arguments)]
    before = [repr(one) for _, one in subjects]
    function = getattr(receiver, target.attr) if receiver is not None else value_of(target)
    result = function(*arguments, **keywords)
    errors += changes(row, subjects, before)
    errors += keeping(row, receiver if bound else None, arguments, result)
    if "lazy" not in row.words and not any(word.startswith("mutates") for word in row.words):
        errors += newness(row, result, lambda: function(*arguments, **keywords), subjects)
    record["result"] = describe(result, row.names, True)
    return record


def changes(row, subjects, before):
    """Where the row is wrong about what changed."""
    errors = []
    for (slot, subject), old in zip(subjects, before):
        if not isinstance(subject, CHANGEABLE):
            continue
        said = f"mutates:{slot}" in row.words or slot == "self" and "mutates" in row.words
        if said != (repr(subject) != old):
            errors.append(f"{row.full}: argument {slot} {'did not change' if said else 'changed'}")
    return errors


def keeping(row, receiver, arguments, result):
    """Where the row is wrong about what is still held afterwards."""
    errors = []
    for at, argument in enumerate(arguments):
        held = any(holder is not None and (holder is argument or reaches(holder, argument))
                   for holder in (receiver, result))
        said = bool(row.words & {f"keeps:{at}", "keeps:*"})
        # What hands elements on, or puts its work off, may hold the argument until it is done.
        shares = bool(row.words & {f"shares:{at}", "shares:*", "lazy"})
        tracked = isinstance(argument, CHANGEABLE) and not isinstance(argument, bytearray)
        if tracked and held and not (said or shares):
            errors.append(f"{row.full}: keeps argument {at}")
    return errors


def newness(row, result, again, subjects):
    """Where the row is wrong about giving a new object."""
    old = any(result is subject for _, subject in subjects)
    if "fresh" in row.words:
        if isinstance(result, (str, bytes, int, float, frozenset, type(None))):
            return [f"{row.full}: {type(result).__name__} cannot change, so it is not fresh"]
        if old or result is again():
            return [f"{row.full}: the result is not new"]
    elif pure(row):
        if isinstance(result, CHANGEABLE) and not old and result is not again():
            return [f"{row.full}: the result is new and can change"]
    return []


def pure(row):
    sinks = {"query", "row-write", "bulk-write", "commit", "fetch", "connect", "request", "open", "file-read",
             "file-write", "file-system", "process", "sleep", "print", "reads", "unknown"}
    return not row.words & sinks


def main(paths):
    scope = {}
    everything = [row for path in paths for row in rows(path)]
    for row in everything:
        if row.is_module:
            try:
                importlib.import_module(row.owner)
            except ImportError:
                continue
            top = row.owner.partition(".")[0]
            scope[top] = importlib.import_module(top)
    out = []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        pathlib.Path("file.txt").write_text("a")
        for row in everything:
            if not row.example.strip():
                out.append({"place": row.place, "errors": row.exists()})
                continue
            try:
                out.append(run(row, scope))
            except Exception as error:
                old = sys.version_info < (3, 11)
                what = [] if old else [f"{row.full}: {type(error).__name__}: {error}"]
                out.append({"place": row.place, "errors": what})
        os.chdir("/")
    for record in out:
        print(json.dumps(record))


if __name__ == "__main__":
    main(sys.argv[1:])
