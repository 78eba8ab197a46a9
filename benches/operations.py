"""Measures what single operations of Python cost and writes src/python/work.txt; run it with CPython.

The figures tell how much work a loop does beside what a finding is about. Each is the least of some repeats, in
nanoseconds of processor time, without the loop around it. Only their relation to one another matters, and to the
figures of the rule pages, which were measured in the same way.
"""
import gc
import pathlib
import platform
import time

SETUP = """
class Thing:
    __slots__ = ()
class Point:
    def __init__(self):
        self.x = 1
def function(a): return a
text, word, line, number, real = "some words of text", "word", "key: 12", 1234, 12.5
numbers, table, names = [5, 3, 4, 1, 2], {"a": 1, "b": 2}, ["a", "b", "c"]
point, pair, data, stamp = Point(), (1, 2), b"0123456789", "2024-05-06"
flag, other = True, 7
import datetime, json, math, os.path, re, struct, copy
pattern = re.compile("[a-z]+: ([0-9]+)")
match = pattern.match(line)
day = datetime.date(2024, 5, 6)
things = set(numbers)
out = []
"""

# What is measured, by the name under which src/python/work.rs looks it up.
OPERATIONS = {
    "+for": "pass",
    "+binary": "number + other", "+compare": "number == other", "+unary": "-number", "+not": "not flag",
    "+attribute": "point.x", "+subscript": "table['a']", "+slice": "text[2:8]",
    "+tuple": "(number, other)", "+list": "[number, other]", "+set": "{number, other}",
    "+dict": "{'a': number, 'b': other}", "+fstring": "f'{word}'", "+format": "f'{real:.2f}'",
    "+store": "keep = number", "+store-attribute": "point.x = number", "+store-subscript": "table['a'] = number",
    "+augmented": "keep = 0; keep += number", "+lambda": "lambda: 1", "+call": "function(number)", "+branch": "if flag: pass",
    "+try": "try: pass\nexcept ValueError: pass", "+raise": "try: raise ValueError\nexcept ValueError: pass",
    "+with": "with Guard(): pass", "+instance": "Point()", "+yield": "next(made)", "+in": "number in things",
    "len": "len(numbers)", "abs": "abs(number)", "min": "min(number, other)", "max": "max(number, other)",
    "round": "round(real, 2)", "int": "int('1234')", "float": "float('12.5')", "str": "str(number)", "repr": "repr(word)",
    "bool": "bool(number)", "isinstance": "isinstance(number, int)", "type": "type(number)", "ord": "ord('a')",
    "chr": "chr(97)", "hash": "hash(word)", "id": "id(number)", "list": "list(numbers)", "tuple": "tuple(numbers)",
    "set": "set(numbers)", "dict": "dict(table)", "sorted": "sorted(numbers)", "sum": "sum(numbers)",
    "range": "range(other)", "enumerate": "enumerate(numbers)", "zip": "zip(numbers, numbers)", "any": "any(numbers)",
    "all": "all(numbers)", "getattr": "getattr(point, 'x')", "hasattr": "hasattr(point, 'x')", "divmod": "divmod(number, 7)",
    "print": "print_(number)", "format": "format(number)", "iter": "iter(numbers)", "next": "next(iter(numbers))",
    ".append": "out.append(number)", ".add": "things.add(number)", ".get": "table.get('a')", ".items": "table.items()",
    ".keys": "table.keys()", ".values": "table.values()", ".setdefault": "table.setdefault('a', 1)",
    ".update": "table.update(a=1)", ".pop": "out.append(number); out.pop()", ".extend": "out.extend(pair)", ".copy": "table.copy()",
    ".lower": "text.lower()", ".upper": "text.upper()", ".title": "text.title()", ".strip": "text.strip()", ".lstrip": "text.lstrip()",
    ".rstrip": "text.rstrip()", ".split": "text.split()", ".rsplit": "text.rsplit()", ".splitlines": "text.splitlines()",
    ".join": "', '.join(names)", ".replace": "text.replace('of', 'in')", ".startswith": "text.startswith('some')",
    ".endswith": "text.endswith('text')", ".find": "text.find('of')", ".format": "'{} {}'.format(word, number)",
    ".partition": "line.partition(':')", ".encode": "text.encode()", ".decode": "data.decode()", ".isdigit": "word.isdigit()",
    ".match": "pattern.match(line)", ".search": "pattern.search(line)", ".group": "match.group(1)", ".groups": "match.groups()",
    ".sub": "pattern.sub('x', line)", ".findall": "pattern.findall(line)", ".strftime": "day.strftime('%Y')",
    "re.match": "re.match('[a-z]+: ([0-9]+)', line)", "re.search": "re.search('[a-z]+: ([0-9]+)', line)",
    "re.sub": "re.sub('[0-9]', 'x', line)", "json.loads": "json.loads('{\"a\": 1, \"b\": [1, 2]}')", "json.dumps": "json.dumps(table)",
    "math.sqrt": "math.sqrt(real)", "os.path.join": "os.path.join(word, word)", "os.path.basename": "os.path.basename('a/b/c')",
    "os.path.exists": "os.path.exists('/')", "open": "open('/dev/null').close()", "copy.copy": "copy.copy(table)",
    "copy.deepcopy": "copy.deepcopy(table)", "struct.pack": "struct.pack('<I', number)",
    "datetime.datetime.strptime": "datetime.datetime.strptime(stamp, '%Y-%m-%d')",
    "datetime.datetime.fromisoformat": "datetime.datetime.fromisoformat(stamp)",
}
SETUP += """
class Guard:
    def __enter__(self): pass
    def __exit__(self, *why): pass
def make():
    while True: yield 1
made = make()
sink = open("/dev/null", "w")
def print_(value): print(value, file=sink)
"""
N = 2000
#: Turns that all operations take, one after the other: what slows the machine for a while slows each only once.
ROUNDS = 12


def runner(code):
    """A function that runs some code N times; gives nanoseconds for one."""
    lines = "\n        ".join(code.splitlines())
    space = {}
    exec(SETUP, space)
    names = [name for name in space if not name.startswith("__")]
    local = "; ".join(f"{name} = space[{name!r}]" for name in names)
    exec(f"def run(space, times):\n    {local}\n    for _ in times:\n        {lines}", space)

    def timed():
        start = time.process_time_ns()
        space["run"](space, range(N))
        return (time.process_time_ns() - start) / N

    return timed


def main():
    gc.disable()
    runners = {name: runner(code) for name, code in OPERATIONS.items()}
    best = dict.fromkeys(OPERATIONS, float("inf"))
    for _ in range(ROUNDS):
        for name, timed in runners.items():
            best[name] = min(best[name], *(timed() for _ in range(10)))
    empty = best["+for"]
    rows = [f"# Nanoseconds of single operations on CPython {platform.python_version()}; written by benches/operations.py, never by hand."]
    for name in OPERATIONS:
        taken = empty if name == "+for" else max(best[name] - empty, 0.5)
        rows.append(f"{name} {taken:.1f}")
    place = pathlib.Path(__file__).parent.parent / "src" / "python" / "work.txt"
    place.write_text("\n".join(rows) + "\n")


main()
