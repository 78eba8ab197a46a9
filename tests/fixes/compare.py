"""Runs the programs of one file before and after its fixes, those that changed, and says where they differ.

    python3 compare.py BEFORE.py AFTER.py ROUNDS [KNOWN.py]

Programs that are the same in KNOWN.py were compared already. One line of JSON on standard output. Does not know what was fixed.
"""
import importlib.util
import json
import os
import re
import resource
import signal
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import odd  # noqa: E402

# Seconds of CPU, so that a busy machine changes nothing; more where only one of two was slow.
LIMIT_S = 0.15
PATIENT_S = 2.0
MARK = re.compile(r"^# program (\d+)\r?\n", re.M)


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def programs(path):
    _, *rest = MARK.split(path.read_bytes().decode())
    return {int(number): text for number, text in zip(rest[::2], rest[1::2])}


def out_of_time(*_):
    raise odd.Slow


def limit(seconds):
    signal.setitimer(signal.ITIMER_PROF, seconds)


def run_both(modules, number, kinds, turn, seconds, table):
    ends = []
    for module in modules:
        module.TABLE[:], module.SEEN[:] = table, []
        ends.append(odd.run(getattr(module, f"p{number}"), kinds, turn, lambda on: limit(seconds if on else 0)))
    return ends


def kind_of(before, after):
    if before[0] == after[0]:
        return "same end, other effects"
    ends = [end if end.startswith("raises") or end == "slow" else "value" for end in (before[0], after[0])]
    return " -> ".join(ends) if ends[0] != ends[1] else "other value"


def main():
    before_path, after_path, n_rounds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, out_of_time)
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    out, sys.stdout = sys.stdout, open(os.devnull, "w")
    kinds = json.loads(before_path.with_suffix(".json").read_text())
    old, new = programs(before_path), programs(after_path)
    changed = [number for number in old if old[number] != new.get(number)]
    known = programs(Path(sys.argv[4])) if len(sys.argv) > 4 else {}
    todo = [number for number in changed if known.get(number) != new.get(number)]
    differences = []
    if todo:
        modules = load(before_path, "before"), load(after_path, "after")
        table = list(modules[0].TABLE)
        for number in todo:
            for turn in range(n_rounds):
                ends = run_both(modules, number, kinds[str(number)], turn, LIMIT_S, table)
                if (ends[0][0] == "slow") != (ends[1][0] == "slow"):
                    ends = run_both(modules, number, kinds[str(number)], turn, PATIENT_S, table)
                if ends[0] == ends[1] == ("slow", None):
                    break
                if ends[0] != ends[1]:
                    text = f"{old[number]}----- fixed\n{new.get(number)}----- round {turn}\n{ends[0]}\n{ends[1]}\n"
                    differences.append({"kind": kind_of(*ends), "text": text})
                    break
    print(json.dumps({"n_changed": len(changed), "differences": differences}), file=out)


if __name__ == "__main__":
    main()
