#!/usr/bin/env python3
"""How many fixes of a loop's cost that maintainers really made looplint would have asked for.

    python3 benches/recall.py fetch DIR     the releases before the fixes from PyPI into DIR/PACKAGE/VERSION
    python3 benches/recall.py run DIR       found of each set; `--misses` names what was not found

real-fixes.tsv lists the functions as they were before the fix: by set, with what was fixed and where that shows (`here`,
in another function of the `file`, or `beyond` it) where somebody wrote it down. A fix is found where a finding of the
default selection stands in the function. Standard library only; `--looplint PATH` names the binary.
"""
import argparse
import ast
import csv
import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

from corpus import check, download

FIXES = Path(__file__).with_name("real-fixes.tsv")
SETS = ["tuned", "second", "third", "learnt", "held-out", "fourth", "fresh"]


def fixes():
    with FIXES.open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def fetch(folder):
    for package, version in sorted({(fix["package"], fix["version"]) for fix in fixes()}):
        target = folder / package / version
        if not target.exists():
            download(target, f"{package}=={version}")


def source_of(folder, fix):
    """The file of a fix; a source archive has a folder of its own around it."""
    release = folder / fix["package"] / fix["version"]
    exact = release / fix["file"]
    return exact if exact.exists() else next(release.glob(f"*/{fix['file']}"), None)


def lines_of(path, fix):
    """First and last line of the function; of all of that name where nobody wrote down which."""
    return [
        (node.lineno, node.end_lineno)
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name == fix["function"]
        and fix["line"] in ("", str(node.lineno))
    ]


def run(folder, binary, shows_misses):
    sources = {}
    for number, fix in enumerate(fixes()):
        if path := source_of(folder, fix):
            sources[number] = path
    command = check(binary, sorted(set(sources.values())), "--isolated")
    told = defaultdict(list)
    for finding in json.loads(subprocess.run(command, capture_output=True, text=True).stdout)["findings"]:
        told[finding["file"]].append(finding["line"])
    asked, found = Counter(), Counter()
    for number, fix in enumerate(fixes()):
        path = sources.get(number)
        spans = path and lines_of(path, fix)
        if not spans:
            print(f"{fix['package']} {fix['version']} {fix['file']}: not there", file=sys.stderr)
            continue
        is_found = any(first <= line <= last for line in told[str(path)] for first, last in spans)
        for key in ((fix["set"], "all"), (fix["set"], fix["where"])):
            asked[key] += 1
            found[key] += is_found
        if shows_misses and not is_found:
            print("missed", *(fix[name] for name in ("set", "package", "version", "file", "function", "kind", "where")))
    print("| set | found | shows in the function | in the file | beyond |\n|---|---|---|---|---|")
    for name in SETS:
        share = lambda where: f"{found[name, where]} of {asked[name, where]}" if asked[name, where] else ""
        print(f"| {name} | {share('all')} | {share('here')} | {share('file')} | {share('beyond')} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["fetch", "run"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--looplint", default="target/release/looplint")
    parser.add_argument("--misses", action="store_true")
    arguments = parser.parse_args()
    if arguments.what == "fetch":
        fetch(arguments.folder)
    else:
        run(arguments.folder.resolve(), arguments.looplint, arguments.misses)


if __name__ == "__main__":
    main()
