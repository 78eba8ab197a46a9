#!/usr/bin/env python3
"""Proves fixes: writes programs around each pattern, lets looplint fix them, runs both and compares.

    python3 tests/fixes/prove.py --looplint target/release/looplint --programs 20000
    python3 tests/fixes/prove.py --looplint PATH --rule list-membership-in-loop --keep DIR

Compared are the value or the exception's type, order, what became of the arguments and globals, and the calls made
to code that is not known. A difference after a safe fix is an error: exit 1. Differences after unsafe fixes are
counted by kind. `--keep DIR` leaves the programs there, with DIR/differences.txt to read. The same seed writes the
same programs. Standard library only.
"""
import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from grammar import HEADS, TAIL_OF_HEAD, program  # noqa: E402
from patterns import PATTERNS  # noqa: E402

N_PER_FILE = 200


def write(rule, n_programs, seed, folder):
    """Writes the programs of a rule in files, and beside them what their parameters take."""
    folder.mkdir(parents=True)
    number = 0
    for at in range(0, n_programs, N_PER_FILE):
        source = random.Random(f"{seed} {rule} {at}")
        texts, kinds = [], {}
        while len(texts) < min(N_PER_FILE, n_programs - at):
            drawn = PATTERNS[rule](source)
            text = program(source, number, drawn)
            if text is None:
                continue
            texts.append(f"# program {number}\n{text}")
            kinds[number] = [kind for _, kind in drawn.params if kind != "none"]
            number += 1
        whole = source.choice(HEADS) + TAIL_OF_HEAD + "\n\n".join(texts)
        name = f"some_{at // N_PER_FILE}"
        if source.random() < 0.05:
            whole = whole.replace("\n", "\r\n")
        (folder / f"{name}.py").write_bytes(whole.encode())
        (folder / f"{name}.json").write_text(json.dumps(kinds))


def fix(looplint, rule, folder, risky):
    """Lets looplint fix a folder; gives what it could not do."""
    command = [looplint, "check", "--isolated", "--select", rule, "--min-slowdown", "0", "--fix-only", "--no-respect-gitignore", str(folder)]
    done = subprocess.run(command + ["--unsafe-fixes"] * risky, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"looplint: {done.stderr}")
    return [line for line in done.stderr.splitlines() if "not changed" in line]


def compare(job):
    """Runs a file of programs before and after in a process of its own."""
    command = [sys.executable, str(HERE / "compare.py"), *map(str, job)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return {"n_changed": 0, "differences": [], "trouble": f"{job[1]}: {done.stderr.strip()[-400:]}"}
    return json.loads(done.stdout.splitlines()[-1])


def reasons(looplint, rule, folder):
    """How often the fixes of a folder are safe, and what the others say is not proven."""
    command = [looplint, "check", "--isolated", "--select", rule, "--min-slowdown", "0", "--json", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"looplint ended with {done.returncode}: {done.stderr}")
    found = json.loads(done.stdout)["findings"]
    says = Counter()
    for finding in found:
        fix = finding["fix"]
        says["no fix" if fix is None else fix.get("unsafe_because") or fix["safety"]] += 1
    return says


def prove(rule, arguments, folder, pool):
    """One rule: the counts, and the differences as text."""
    write(rule, arguments.programs, arguments.seed, folder / "before" / rule)
    result = {"rule": rule, "programs": arguments.programs, "says": reasons(arguments.looplint, rule, folder / "before" / rule)}
    texts = []
    for risky in (False, True):
        name = "unsafe" if risky else "safe"
        shutil.copytree(folder / "before" / rule, folder / name / rule)
        trouble = fix(arguments.looplint, rule, folder / name / rule, risky)
        files = sorted((folder / name / rule).glob("*.py"))
        # What the safe fixes already made is compared once.
        known = [folder / "safe" / rule] * risky
        jobs = [(folder / "before" / rule / file.name, file, arguments.rounds, *(each / file.name for each in known)) for file in files]
        changed, kinds = 0, Counter()
        for found in pool.map(compare, jobs):
            changed += found["n_changed"]
            if found.get("trouble"):
                trouble.append(found["trouble"])
            for difference in found["differences"]:
                kinds[difference["kind"]] += 1
                texts.append(f"===== {name} {rule} {difference['kind']}\n{difference['text']}")
        result[name] = {"fixed": changed, "differences": sum(kinds.values()), "kinds": kinds, "trouble": trouble}
    return result, texts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--looplint", default="target/release/looplint")
    parser.add_argument("--rule", action="append", choices=sorted(PATTERNS))
    parser.add_argument("--programs", type=int, default=20000, help="for each rule")
    parser.add_argument("--rounds", type=int, default=8, help="sets of values that each program runs on")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp())
    if arguments.keep:
        shutil.rmtree(folder, ignore_errors=True)
    failed = False
    results = []
    print(f"{'rule':30} {'programs':>8} {'safe':>7} {'differ':>6} {'unsafe':>7} {'differ':>6}")
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for rule in arguments.rule or PATTERNS:
            result, texts = prove(rule, arguments, folder, pool)
            safe, risky = result["safe"], result["unsafe"]
            print(f"{rule:30} {result['programs']:8} {safe['fixed']:7} {safe['differences']:6} {risky['fixed']:7} {risky['differences']:6}", flush=True)
            for name in ("safe", "unsafe"):
                for kind, n in result[name]["kinds"].most_common(12):
                    print(f"    {name}: {n} x {kind}")
                for line in result[name]["trouble"][:5]:
                    print(f"    {name}: {line}")
            print(f"    {dict(result['says'])}")
            failed |= bool(safe["differences"] or safe["trouble"] or risky["trouble"])
            results.append(result)
            with open(folder / "differences.txt", "a") as out:
                out.write("\n".join(texts))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))
    if not arguments.keep:
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
