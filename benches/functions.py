#!/usr/bin/env python3
"""Times functions of large packages before and after looplint's fix, at sizes that they meet.

    python3 benches/functions.py DIR --looplint target/release/looplint

DIR holds the packages' sources, each in a folder of its name. A function is taken out of its file as it stands, once
before and once after the fix; what it calls of its package or of others is given here in a few words. Both must give
the same. Processor time, least of some interleaved repeats, the garbage collector off. Standard library only.
"""
import argparse
import ast
import gc
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace


class Page:
    size = (1000, 1400)


class Tesseract:
    rows = {}

    @classmethod
    def image_to_data(cls, *_, **__):
        return {name: list(column) for name, column in cls.rows.items()}


def tree_edges(space, n):
    return lambda: list(space["_tree_edges"](n, 2))


def tesseract(space, n):
    """A page of n rows, three of ten of them empty: what Tesseract gives for lines and blocks."""
    source = random.Random(1)
    Tesseract.rows = {name: [source.randrange(900) for _ in range(n)] for name in ("left", "top", "width", "height")}
    Tesseract.rows["text"] = ["" if source.random() < 0.3 else f"word{row}" for row in range(n)]
    return lambda: space["apply_tesseract"](object(), "eng")


def heads(space, n):
    """A repository with n heads and ten times as many changes, all asked for."""
    base = sqlite3.connect(":memory:")
    base.execute("create table changelog(rev integer, node text primary key)")
    base.execute("create table heads(node text)")
    base.executemany("insert into changelog values(?, ?)", [(rev, f"{rev:040x}") for rev in range(10 * n)])
    base.executemany("insert into heads values(?)", [(f"{rev:040x}",) for rev in range(0, 10 * n, 10)])
    return lambda: space["headrevs"](SimpleNamespace(_db=base), list(range(10 * n)))


STANDS_FOR = {
    "requires_backends": lambda *_: None, "to_pil_image": lambda *_, **__: Page, "pytesseract": Tesseract,
    "np": SimpleNamespace(ndarray=object),
}
# File, functions, whether the fix is unsafe, call, sizes.
FUNCTIONS = [
    ("networkx/networkx/generators/classic.py", ["_tree_edges"], False, tree_edges, (1_000, 10_000, 100_000)),
    ("transformers/transformers/models/layoutlmv3/image_processing_pil_layoutlmv3.py", ["apply_tesseract", "normalize_box"], False, tesseract, (100, 500, 1_000)),
    ("mercurial/hgext/git/gitlog.py", ["headrevs"], True, heads, (100, 1_000)),
]


def loaded(path, names):
    """The functions of a file, with what it imports from `collections`."""
    parts = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "collections":
            parts.insert(0, node)
        if isinstance(node, ast.FunctionDef) and node.name in names:
            node.returns, node.decorator_list = None, []
            for argument in node.args.args:
                argument.annotation = None
            parts.append(node)
    space = dict(STANDS_FOR)
    exec(compile(ast.fix_missing_locations(ast.Module(parts, [])), str(path), "exec"), space)
    return space


def fixed(looplint, path, risky, n, folder):
    """A copy with the fixes that looplint makes where it is told the size."""
    copy = folder / path.name
    shutil.copy(path, copy)
    command = [looplint, "check", "--isolated", "--fix-only", "--no-respect-gitignore", "--assume-size", str(n), str(copy)]
    subprocess.run(command + ["--unsafe-fixes"] * risky, capture_output=True, check=False)
    return copy


def least(calls, n_times):
    best = [float("inf")] * len(calls)
    for _ in range(n_times):
        for at, call in enumerate(calls):
            start = time.process_time_ns()
            call()
            best[at] = min(best[at], time.process_time_ns() - start)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--looplint", default="target/release/looplint")
    arguments = parser.parse_args()
    gc.disable()
    for file, names, risky, call, sizes in FUNCTIONS:
        path = arguments.folder / file
        with tempfile.TemporaryDirectory() as folder:
            spaces = loaded(path, names), loaded(fixed(arguments.looplint, path, risky, max(sizes), Path(folder)), names)
        for n in sizes:
            calls = [call(space, n) for space in spaces]
            if calls[0]() != calls[1]():
                raise SystemExit(f"{file}: {names[0]} gives something else after the fix")
            before, after = least(calls, 5)
            print(f"{file} {names[0]} n={n}: {before / 1e6:.2f} ms -> {after / 1e6:.2f} ms, {before / after:.1f}x", flush=True)


if __name__ == "__main__":
    main()
