#!/usr/bin/env python3
"""Fixes large packages and runs their own tests before and after: every test must end as it did.

    python3 benches/fixes_on_packages.py DIR --python VENV/bin/python --looplint target/release/looplint
    python3 benches/fixes_on_packages.py DIR --python PATH --unsafe --only networkx,docutils

DIR keeps what is fetched from PyPI: source packages where the wheel has no tests. PATH is a Python with pytest.
All Python rules with fixes are on, those that are off by default too. Safe fixes unless `--unsafe`.
Exit 1 where a test ends otherwise than before, or a changed file does not compile. Standard library only.
"""
import argparse
import py_compile
import shutil
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

# Package, whether the source package is needed, folder to fix, tests of what is fixed and of what is near it.
PACKAGES = [
    ("networkx", False, "networkx", ["networkx/algorithms/tests/test_cycles.py", "networkx/generators", "networkx/classes/tests/test_graph.py"]),
    ("sympy", False, "sympy", [f"sympy/{name}" for name in (
        "combinatorics/tests/test_perm_groups.py", "holonomic", "ntheory/tests/test_factor_.py", "physics/vector", "physics/hep",
        "polys/tests/test_euclidtools.py", "polys/tests/test_fields.py", "polys/tests/test_rings.py", "polys/numberfields/tests/test_galoisgroups.py",
        "printing/tests/test_pycode.py", "tensor/array/expressions",
    )]),
    ("nltk", True, "nltk", [
        *(f"nltk/test/unit/test_{name}.py" for name in ("resolution", "boxer_security", "framenet_security", "verbnet", "freqdist", "hmm", "metrics", "logic", "sem_util", "full_functionality_smoke")),
        *(f"nltk/test/{name}.doctest" for name in ("featstruct", "probability", "resolution", "paice", "metrics", "logic", "inference")),
    ]),
    ("black", True, "src/black", ["tests/test_black.py", "tests/test_format.py", "tests/test_ranges.py"]),
    ("astroid", True, "astroid", [f"tests/test_{name}.py" for name in ("modutils", "manager", "builder", "nodes", "scoped_nodes")]),
    ("sqlalchemy", True, "lib/sqlalchemy", [f"test/orm/{name}" for name in ("test_events.py", "test_utils.py", "test_instrumentation.py", "inheritance/test_polymorphic_rel.py")]),
    ("mypy", True, "mypy", [f"mypy/test/{name}.py" for name in ("testtypes", "testmodulefinder", "testutil", "testsubtypes", "testinfer")]),
    ("sphinx", True, "sphinx", ["tests/test_builders/test_build_epub.py", "tests/test_util", "tests/test_domains/test_domain_py.py"]),
    ("docutils", True, "docutils", ["test"]),
]


def fetch(name, needs_source, folder, python):
    """The package unpacked in `folder`, fetched where it is not there yet."""
    target = folder / name
    if target.exists():
        return target
    store = folder / "archives"
    store.mkdir(parents=True, exist_ok=True)
    how = ["--no-binary", ":all:", "--no-build-isolation"] if needs_source else ["--only-binary", ":all:"]
    if not list(store.glob(f"{name}-*")):
        subprocess.run([python, "-m", "pip", "download", "--quiet", "--no-deps", *how, "--dest", str(store), name], check=True)
    [archive] = store.glob(f"{name}-*")
    if archive.suffix == ".whl":
        zipfile.ZipFile(archive).extractall(target)
        return target
    tarfile.open(archive).extractall(folder / "unpacked", filter="data")
    next((folder / "unpacked").glob(f"{name}-*")).rename(target)
    return target


def fix(looplint, folder, risky):
    command = [looplint, "check", "--isolated", "--select", "python", "--min-slowdown", "0", "--no-respect-gitignore", "--fix-only", "--show-fixes"]
    done = subprocess.run([*command, *["--unsafe-fixes"] * risky, str(folder)], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"looplint: {done.stderr}")
    return done.stderr


def outcomes(python, root, source, tests, limit_s):
    """How each test ended."""
    report = root / "report.xml"
    report.unlink(missing_ok=True)
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--continue-on-collection-errors", "--doctest-glob=*.doctest", f"--junitxml={report}", *tests]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(source.parent), "PYTHONHASHSEED": "0", "HOME": str(root)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=limit_s)
    if not report.exists():
        raise SystemExit(f"{root}: pytest wrote nothing: {done.stdout[-500:]}{done.stderr[-500:]}")
    ends = {}
    for case in ET.parse(report).iter("testcase"):
        kinds = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        ends[f"{case.get('classname')}::{case.get('name')}"] = kinds[0] if kinds else "passed"
    return ends


def changed_files(before, after):
    for file in sorted(after.rglob("*.py")):
        if (before / file.relative_to(after)).read_bytes() != file.read_bytes():
            yield file


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--looplint", default="target/release/looplint")
    parser.add_argument("--unsafe", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--limit", type=int, default=900, help="seconds for one run of a package's tests")
    arguments = parser.parse_args()
    folder, only = arguments.folder.resolve(), [name for name in arguments.only.split(",") if name]
    python = str(Path(arguments.python).absolute())
    broken = False
    for name, needs_source, part, tests in PACKAGES:
        if only and name not in only:
            continue
        before = fetch(name, needs_source, folder, python)
        after = folder / f"{name}-fixed"
        shutil.rmtree(after, ignore_errors=True)
        shutil.copytree(before, after)
        said = fix(arguments.looplint, after / part, arguments.unsafe)
        again = fix(arguments.looplint, after / part, arguments.unsafe)
        changed = list(changed_files(before, after))
        for file in changed:
            py_compile.compile(str(file), cfile=str(folder / "compiled"), doraise=True)
        ends = [outcomes(python, root, root / part, tests, arguments.limit) for root in (before, after)]
        other = [test for test in ends[0] | ends[1] if ends[0].get(test) != ends[1].get(test)]
        passed = [sum(end == "passed" for end in each.values()) for each in ends]
        print(f"{name}: {len(changed)} files changed; tests passed {passed[0]} of {len(ends[0])} before, {passed[1]} of {len(ends[1])} after; {len(other)} end otherwise", flush=True)
        print("".join(f"    {line}\n" for line in said.splitlines() if line[:1].isspace() or "fixed" in line or "not changed" in line), end="")
        if "fixed " in again:
            print(f"    a second run: {again.strip()[-200:]}")
        for test in other[:20]:
            print(f"    {test}: {ends[0].get(test)} -> {ends[1].get(test)}")
        broken |= bool(other)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
