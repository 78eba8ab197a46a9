# Sourced by the editors' tests: makes a project in $project, and puts the program on PATH as `looplint`.
# LOOPLINT_BIN names the program; without it, the one on PATH is used.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
project=$work/project
mkdir -p "$project/traces" "$project/data" "$work/bin"
program=${LOOPLINT_BIN:-$(command -v looplint || true)}
[ -n "$program" ] || {
    echo "there is no looplint: set LOOPLINT_BIN" >&2
    exit 1
}
ln -s "$(realpath "$program")" "$work/bin/looplint"
export PATH="$work/bin:$PATH"

# A word that is longer in UTF-8 than in UTF-16 stands before what is found: columns must be right all the same.
cat >"$project/slow.py" <<'PY'
def common(xs: list[str], ys: list[str]) -> list[str]:
    out = []
    for x in xs:
        if "naïve 🐌" != x and x in ys:
            out.append(x)
    return out
PY
cat >"$project/traces/circling.json" <<'JSON'
{
  "trace_id": "circling",
  "original_goal": "Find flights to Oslo",
  "final_result": "I could not find any flights.",
  "is_successful": false,
  "turns": [
    {"turn_number": 1, "role": "user", "content": "Find flights to Oslo"},
    {"turn_number": 2, "role": "assistant", "content": "Searching.", "tool_name": "search", "tool_input": {"to": "Oslo"}, "tool_output": "no results", "latency_ms": 12},
    {"turn_number": 3, "role": "assistant", "content": "Searching.", "tool_name": "search", "tool_input": {"to": "Oslo"}, "tool_output": "no results", "latency_ms": 12},
    {"turn_number": 4, "role": "assistant", "content": "Searching.", "tool_name": "search", "tool_input": {"to": "Oslo"}, "tool_output": "no results", "latency_ms": 12},
    {"turn_number": 5, "role": "assistant", "content": "Searching.", "tool_name": "search", "tool_input": {"to": "Oslo"}, "tool_output": "no results", "latency_ms": 12},
    {"turn_number": 6, "role": "assistant", "content": "Searching.", "tool_name": "search", "tool_input": {"to": "Oslo"}, "tool_output": "no results", "latency_ms": 12}
  ]
}
JSON
cp "$project/slow.py" "$project/data/elsewhere.py"
echo '{"name": "no trace"}' >"$project/data/settings.json"
printf '[project]\nname = "demo"\nversion = "1"\n' >"$project/pyproject.toml"
