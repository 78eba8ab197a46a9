#!/usr/bin/env python3
"""Runs looplint on large real code, beside ruff in the same run, and shows findings for reading.

    python3 benches/corpus.py fetch DIR            CPython's Lib and large packages from PyPI into DIR
    python3 benches/corpus.py run DIR              wall and CPU seconds beside ruff; findings per 1,000 lines
    python3 benches/corpus.py sample DIR [RULE] [N]  N findings of a rule, or of each rule that is on by default,
                                                   drawn with a seed, with their code
    python3 benches/corpus.py readings DIR         of the findings that are told now, how many of those that were read are
                                                   right, arguable, wrong (readings.tsv: the verdicts)
    python3 benches/corpus.py versions DIR         which release of each package is there

Standard library only. `--looplint PATH` and `--ruff PATH` name the binaries; the defaults are
target/release/looplint and ruff from PATH. `--only NAME,NAME` takes part of the packages.
"""
import argparse
import ast
import csv
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import time
import zipfile
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

TEN = ["django", "sqlalchemy", "sympy", "twisted", "mypy", "networkx", "pandas", "scikit-learn", "ansible-core", "transformers"]
MORE = [
    "scipy", "matplotlib", "docutils", "jinja2", "pygments", "black", "pydantic", "celery", "wagtail", "django-oscar",
    "djangorestframework", "django-cms", "salt", "textual", "nltk", "sphinx", "aiohttp", "scrapy", "pylint", "luigi",
    "mne", "qiskit", "buildbot", "conan", "apache-airflow-core",
]
RUFF_SELECT = "PERF,C4,FURB,SIM"
READINGS = Path(__file__).with_name("readings.tsv")
VERDICTS = ["right", "arguable", "wrong"]


def fetch(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    lib = folder / "cpython-lib"
    if not lib.exists():
        leave = shutil.ignore_patterns("site-packages", "__pycache__")
        shutil.copytree(sysconfig.get_path("stdlib"), lib, ignore=leave)
    for name in names:
        if not (folder / name).exists():
            download(folder / name, name)


def download(target, requirement):
    """What PyPI has of a requirement, unpacked into a new folder: a wheel, else the source archive."""
    target.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(target)]
    hows = (["--only-binary", ":all:"], ["--no-binary", ":all:", "--no-build-isolation"])
    if not any(subprocess.run([*pip, *how, requirement], stderr=subprocess.DEVNULL).returncode == 0 for how in hows):
        print(f"{requirement}: not to be had", file=sys.stderr)
    for archive in list(target.iterdir()):
        if archive.suffix == ".whl":
            zipfile.ZipFile(archive).extractall(target)
        elif archive.name.endswith(".tar.gz"):
            tarfile.open(archive).extractall(target, filter="data")
        archive.unlink()


def timed(command):
    """Wall and CPU seconds of one command, and its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, done


def best(command, n=3):
    runs = [timed(command) for _ in range(n)]
    return min(run[0] for run in runs), min(run[1] for run in runs), runs[-1][2]


def packages(folder, only):
    found = sorted(path for path in folder.iterdir() if path.is_dir())
    return [path for path in found if not only or path.name in only]


def n_lines(path):
    return sum(file.read_bytes().count(b"\n") for file in path.rglob("*.py") if file.is_file())


def check(binary, paths, *more):
    return [binary, "check", "--json", "--quiet", "--no-respect-gitignore", *more, *map(str, paths)]


def run(arguments):
    paths = packages(arguments.folder, arguments.only)
    lines = {path.name: n_lines(path) for path in paths}
    ours = best(check(arguments.looplint, paths))
    print(f"looplint check                       wall {ours[0]:6.2f} s  CPU {ours[1]:6.2f} s")
    if shutil.which(arguments.ruff):
        ruff = [arguments.ruff, "check", "--isolated", "--no-cache", "--quiet", "--no-respect-gitignore", "--exit-zero", "--select", RUFF_SELECT]
        theirs = best([*ruff, "--output-format", "json", *map(str, paths)])
        perf = best([*ruff[:-1], "PERF", "--output-format", "json", *map(str, paths)])
        print(f"ruff check --select {RUFF_SELECT:17s} wall {theirs[0]:6.2f} s  CPU {theirs[1]:6.2f} s  ratio of CPU {ours[1] / theirs[1]:.2f}")
        print(f"ruff check --select PERF              wall {perf[0]:6.2f} s  CPU {perf[1]:6.2f} s  ratio of CPU {ours[1] / perf[1]:.2f}")
    total = sum(lines.values())
    print(f"{total:,} lines of Python in {len(paths)} packages; exit code {ours[2].returncode}")
    report = json.loads(ours[2].stdout)
    found = report["findings"]
    failed = [problem for problem in report["problems"] if problem["kind"] == "rule"]
    print(f"{len(found)} findings, {1000 * len(found) / total:.3f} per 1,000 lines; rules that failed: {len(failed)}")
    for problem in failed[:10]:
        print("  ", problem)
    for rule, n in Counter(finding["rule"] for finding in found).most_common():
        print(f"  {rule:34s} {n:5d}  {1000 * n / total:.4f} per 1,000 lines")
    for path in paths:
        n = sum(str(path) + os.sep in finding["file"] for finding in found)
        print(f"  {path.name:34s} {n:5d}  {1000 * n / max(1, lines[path.name]):.3f} per 1,000 lines")


def sample(arguments):
    paths = packages(arguments.folder, arguments.only)
    selection = ["--select", arguments.rule] if arguments.rule else []
    done = subprocess.run(check(arguments.looplint, paths, *selection), capture_output=True, text=True)
    by_rule = {}
    for finding in json.loads(done.stdout)["findings"]:
        by_rule.setdefault(finding["rule"], []).append(finding)
    for rule, found in sorted(by_rule.items()):
        drawn = draw(found, arguments.n, arguments.seed)
        print(f"\n##### {rule}: {len(found)} findings, {len(drawn)} shown")
        for finding in drawn:
            show(finding)


def draw(found, n, seed):
    """`n` findings at random, the same ones for the same seed and the same findings."""
    found = sorted(found, key=lambda finding: (finding["file"], finding["line"], finding["column"]))
    random.Random(seed).shuffle(found)
    return found[:n]


def readings(arguments):
    """Verdicts by rule. One counts while its finding is told: at its line, or in a file that changed in its function."""
    paths = packages(arguments.folder, arguments.only)
    done = subprocess.run(check(arguments.looplint, paths), capture_output=True, text=True)
    told = defaultdict(list)
    for finding in json.loads(done.stdout)["findings"]:
        package, _, file = finding["file"].removeprefix(str(arguments.folder)).lstrip(os.sep).partition(os.sep)
        told[finding["rule"], package, file].append(finding)
    by_rule = defaultdict(Counter)
    for (rule, _, _), found in told.items():
        by_rule[rule]["told"] += len(found)
    names = {path.name: path for path in paths}
    with READINGS.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["package"] not in names:
                continue
            found = told.get((row["rule"], row["package"], row["file"]), [])
            if row["version"] == release(names[row["package"]]):
                is_told = any(finding["line"] == int(row["line"]) for finding in found)
            else:
                is_told = any(function_at(finding["file"], finding["line"]) == row["function"] for finding in found)
            by_rule[row["rule"]][row["verdict"] if is_told else "silent " + row["verdict"]] += 1
    total = sum(by_rule.values(), Counter())
    print("| rule | told | read | right | arguable | wrong | share right | silent now: right, arguable, wrong |")
    print("|---|---|---|---|---|---|---|---|")
    for rule, of in [*sorted(by_rule.items(), key=lambda each: -each[1]["told"]), ("all", total)]:
        n = [of[verdict] for verdict in VERDICTS]
        share = f"{100 * n[0] / sum(n):.0f} %" if sum(n) else ""
        gone = ", ".join(str(of["silent " + verdict]) for verdict in VERDICTS)
        print(f"| {rule} | {of['told']} | {sum(n)} | {n[0]} | {n[1]} | {n[2]} | {share} | {gone} |")


@cache
def functions(file):
    """(first line, last line, name) of each function, outer ones first."""
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (SyntaxError, ValueError):
        return []
    found = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return sorted((node.lineno, node.end_lineno, node.name) for node in found)


def function_at(file, line):
    names = [name for first, last, name in functions(file) if first <= line <= last]
    return names[-1] if names else "<module>"


@cache
def release(path):
    """The version of a package, "" where nothing says it."""
    if path.name == "cpython-lib":
        return "3.11"
    records = [*path.glob("*.dist-info/METADATA"), *path.glob("**/PKG-INFO")]
    if not records:
        return ""
    head = records[0].read_text(encoding="utf-8", errors="replace").split("\n\n", 1)[0]
    return dict(line.split(": ", 1) for line in head.splitlines() if ": " in line).get("Version", "")


def versions(arguments):
    for path in packages(arguments.folder, arguments.only):
        files = [file for file in path.rglob("*.py") if file.is_file()]
        print(f"{path.name} {release(path)}: {len(files)} files, {n_lines(path):,} lines")


def show(finding):
    print(f"\n=== {finding['file']}:{finding['line']} [{finding['confidence']}] {finding['message']}")
    text = Path(finding["file"]).read_text(encoding="utf-8", errors="replace").splitlines()
    places = [finding["line"], *(related["line"] for related in finding["related"])]
    shown = {line for place in places if abs(place - finding["line"]) < 200 for line in range(place - 3, place + 4)}
    before = None
    for line in sorted(shown & set(range(1, len(text) + 1))):
        if before is not None and line != before + 1:
            print("       ...")
        before = line
        mark = ">" if line == finding["line"] else ("." if line in places else " ")
        print(f"{mark}{line:5d} {text[line - 1][:150]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["fetch", "run", "sample", "readings", "versions"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("rule", nargs="?")
    parser.add_argument("n", nargs="?", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ten", action="store_true", help="only CPython's Lib and the first ten packages")
    parser.add_argument("--only", type=lambda text: set(text.split(",")))
    parser.add_argument("--looplint", default="target/release/looplint")
    parser.add_argument("--ruff", default="ruff")
    arguments = parser.parse_args()
    if arguments.ten:
        arguments.only = {"cpython-lib", *TEN}
    if arguments.what == "fetch":
        fetch(arguments.folder, TEN if arguments.ten else TEN + MORE)
    elif arguments.what == "run":
        run(arguments)
    elif arguments.what == "readings":
        readings(arguments)
    elif arguments.what == "versions":
        versions(arguments)
    else:
        sample(arguments)


if __name__ == "__main__":
    main()
