"""Times one bad/good pair of a rule page in this interpreter; JSON in on stdin, JSON out on stdout.

in:  {"setup": code, "bad": code, "good": code, "sizes": [n, ...], "seconds": limit of one run}
out: {"interpreter": "CPython 3.11.7", "rows": [[n, slow_ns, fast_ns, noise], ...]}

Every run gets fresh arguments from data(n), made outside the timed part. The two sides take turns, the
garbage collector is off, short runs are timed in batches, and the minimum of the repeats counts.
"""
import gc
import json
import platform
import sys
import time

BATCH_NS = 300_000
BATCH_MAX = 200
REPEATS = 9


def load(setup, code):
    space = {"__name__": "page"}
    exec(compile(setup, "setup", "exec"), space)
    exec(compile(code, "block", "exec"), space)
    return space["data"], space["run"]


def once(data, run, n, batch):
    arguments = [data(n) for _ in range(batch)]
    start = time.perf_counter_ns()
    for each in arguments:
        value = run(*each)
        if hasattr(value, "__next__"):
            for _ in value:
                pass
    return (time.perf_counter_ns() - start) / batch


def spread(times):
    half = len(times) // 2
    first, second = min(times[:half] or times), min(times[half:])
    return abs(first - second) / min(first, second)


def measure(pair):
    sides = [load(pair["setup"], pair[side]) for side in ("bad", "good")]
    limit = pair["seconds"] * 1e9
    rows = []
    for n in pair["sizes"]:
        trial = [once(data, run, n, 1) for data, run in sides]
        batches = [max(1, min(BATCH_MAX, int(BATCH_NS / max(t, 1)))) for t in trial]
        repeats = max(3, min(REPEATS, int(2 * limit / max(sum(trial), 1))))
        times = [[], []]
        for _ in range(repeats):
            for side, (data, run) in enumerate(sides):
                times[side].append(once(data, run, n, batches[side]))
        slow, fast = min(times[0]), min(times[1])
        rows.append([n, slow, fast, max(map(spread, times))])
        if max(trial) > limit:
            break
    return rows


def main():
    pair = json.load(sys.stdin)
    gc.disable()
    version = platform.python_version()
    json.dump({"interpreter": f"{platform.python_implementation()} {version}", "rows": measure(pair)}, sys.stdout)


main()
