"""Times two versions of some code in this interpreter; JSON in on stdin, JSON out on stdout.

in:  {"setup": code, "bad": code, "good": code, "sizes": [n, ...], "seconds": limit of one run,
      "again": seconds that what is noisy may be repeated for}
out: {"interpreter": "CPython 3.11.7", "rows": [[n, slow_ns, fast_ns, noise], ...]}

Every run gets fresh arguments from data(n), made outside the timed part. Sides and sizes take turns, the garbage
collector is off, short runs are timed in batches, and the minimum of the repeats counts. A side is repeated until
the halves of its repeats agree, or until the time for that is up.
The clock is the processor time of this process, which other processes do not stretch; where the code mostly
waits, it is the time on the wall.
"""
import gc
import json
import platform
import sys
import time

BATCH_NS = 1_000_000
BATCH_MAX = 300
#: A run that takes this long is timed alone: pages whose data is a file or a server cannot make it twice.
ALONE_NS = 150_000
REPEATS = 15
REPEATS_MIN = 4
#: Where the halves of the repeats of a side differ by more, it is repeated.
NOISY = 0.05
ROUNDS_MAX = 120
#: Repeats of the faster side for one of the slower, at most.
MORE = 5
#: Code that takes this much longer on the wall than on the processor waits for something.
WAITING = 4


def load(setup, code):
    space = {"__name__": "page"}
    exec(compile(setup, "setup", "exec"), space)
    exec(compile(code, "block", "exec"), space)
    return space["data"], space["run"]


def once(clock, data, run, n, batch):
    arguments = [data(n) for _ in range(batch)]
    start = clock()
    for each in arguments:
        value = run(*each)
        if hasattr(value, "__next__"):
            for _ in value:
                pass
    return (clock() - start) / batch


def clock_for(sides, n):
    """The processor's clock, unless every one of some runs waited."""
    data, run = sides[0]
    shares = []
    for _ in range(5):
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        once(time.process_time_ns, data, run, n, 1)
        wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
        shares.append(wall / max(cpu, 1))
    return time.perf_counter_ns if min(shares) > WAITING else time.process_time_ns


def spread(times):
    """How far the best of the one half of the repeats lies from the best of the other."""
    first, second = min(times[::2]), min(times[1::2] or times)
    return abs(first - second) / max(min(first, second), 1)


def plan(pair, sides, clock):
    """For each size that is worth it: n, runs per measurement of each side, repeats, and first times to add to."""
    limit = pair["seconds"] * 1e9
    rows = []
    for n in pair["sizes"]:
        trial = [once(clock, data, run, n, 1) for data, run in sides]
        making = time.perf_counter()
        sides[0][0](n)
        making = time.perf_counter() - making
        most = max(1, min(BATCH_MAX, int(pair["seconds"] / max(making, 1e-9) / REPEATS)))
        batches = [1 if t > ALONE_NS else min(most, int(BATCH_NS / max(t, 1))) for t in trial]
        repeats = max(REPEATS_MIN, min(REPEATS, int(3 * limit / max(sum(trial), 1))))
        if max(trial) > 5 * limit:
            repeats = 1
        rows.append((n, batches, repeats, [[t] for t in trial]))
        if max(trial) > limit:
            break
    return rows


def measure(pair):
    sides = [load(pair["setup"], pair[side]) for side in ("bad", "good")]
    clock = clock_for(sides, pair["sizes"][0])
    rows = plan(pair, sides, clock)
    # All sizes take turns too: a while in which the machine is slow then spoils one repeat of each, not a size.
    left = pair["again"]
    for turn in range(ROUNDS_MAX):
        for n, batches, repeats, times in rows:
            is_again = turn >= repeats
            if is_again and (repeats == 1 or left < 0):
                continue
            begun = time.perf_counter()
            for side, (data, run) in enumerate(sides):
                if is_again and spread(times[side]) < NOISY:
                    continue
                # The faster side is cheap to repeat, and a short run is easily spoilt.
                share = min(times[1 - side]) / max(min(times[side]), 1)
                for _ in range(max(1, min(MORE, int(share))) if batches[side] == 1 else 1):
                    times[side].append(once(clock, data, run, n, batches[side]))
            left -= is_again and time.perf_counter() - begun
    return [[n, min(times[0]), min(times[1]), max(map(spread, times))] for n, _, _, times in rows]


def main():
    pair = json.load(sys.stdin)
    gc.disable()
    version = platform.python_version()
    json.dump({"interpreter": f"{platform.python_implementation()} {version}", "rows": measure(pair)}, sys.stdout)


main()
