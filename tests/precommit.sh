#!/usr/bin/env bash
# The hooks as a user gets them: `pre-commit try-repo` installs this repository's shim, which installs the wheel.
# Usage: tests/precommit.sh [FOLDER WITH A WHEEL]     without one, a wheel is built (`maturin` from PyPI).
# Needs pre-commit (PRE_COMMIT names it) and git.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
pre_commit=${PRE_COMMIT:-pre-commit}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PRE_COMMIT_HOME=$work/cache
unset VIRTUAL_ENV

wheels=${1:-}
if [ -z "$wheels" ]; then
    wheels=$work/wheels
    python3 -m venv "$work/build"
    "$work/build/bin/pip" install --quiet 'maturin>=1.9,<2'
    # shellcheck disable=SC2086 # several arguments may stand in the variable
    "$work/build/bin/maturin" build --quiet ${MATURIN_ARGS:-} -m "$root/src/looplint/Cargo.toml" -o "$wheels"
fi
wheels=$(cd "$wheels" && pwd)
ls "$wheels"/looplint-*.whl >/dev/null
export PIP_FIND_LINKS="$wheels ${PIP_FIND_LINKS:-}"
# The wheel of this commit, not a released one of the same version.
export PIP_NO_INDEX=${PIP_NO_INDEX:-}

passed=0 failed=0
check() { # check NAME EXPECTED-EXIT PATTERN HOOK [FILE...]: runs a hook on files, or on what is staged
    local name=$1 expected=$2 pattern=$3 hook=$4 status=0
    shift 4
    "$pre_commit" try-repo "$root" "$hook" --verbose ${@:+--files "$@"} >"$work/out" 2>&1 || status=$?
    if [ "$status" = "$expected" ] && grep -Eq "$pattern" "$work/out"; then
        passed=$((passed + 1))
        echo "ok   $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name: exit $status, expected $expected and /$pattern/"
        sed 's/^/     /' "$work/out"
    fi
}

git init --quiet "$work/project"
cd "$work/project"
git config user.email someone@example.com
git config user.name someone
mkdir -p traces data
cat >clean.py <<'PY'
def common(xs: list[int], ys: list[int]) -> list[int]:
    wanted = set(ys)
    return [x for x in xs if x in wanted]
PY
cat >slow.py <<'PY'
def common(xs: list[int], ys: list[int]) -> list[int]:
    out = []
    for x in xs:
        if x in ys:
            out.append(x)
    return out
PY
cat >traces/circling.json <<'JSON'
{"trace_id": "t", "original_goal": "Find flights to Oslo", "final_result": null, "is_successful": false, "turns": [
  {"turn_number": 1, "role": "user", "content": "Find flights to Oslo"},
  {"turn_number": 2, "role": "assistant", "content": "Searching.", "tool_name": "search", "tool_input": {"to": "Oslo"}, "tool_output": "no results", "latency_ms": 12},
  {"turn_number": 3, "role": "assistant", "content": "Searching.", "tool_name": "search", "tool_input": {"to": "Oslo"}, "tool_output": "no results", "latency_ms": 12},
  {"turn_number": 4, "role": "assistant", "content": "Searching.", "tool_name": "search", "tool_input": {"to": "Oslo"}, "tool_output": "no results", "latency_ms": 12},
  {"turn_number": 5, "role": "assistant", "content": "Searching.", "tool_name": "search", "tool_input": {"to": "Oslo"}, "tool_output": "no results", "latency_ms": 12},
  {"turn_number": 6, "role": "assistant", "content": "Searching.", "tool_name": "search", "tool_input": {"to": "Oslo"}, "tool_output": "no results", "latency_ms": 12}
]}
JSON
echo '{"name": "not a trace"}' >data/settings.json
git add -A

seconds=$SECONDS
check "a clean file passes" 0 'Passed' looplint clean.py
echo "     the first run, with its installation, took $((SECONDS - seconds)) s"
check "a costly loop is refused, with its place" 1 'slow\.py:4' looplint slow.py
check "only the files that are named are looked at" 0 'Passed' looplint clean.py data/settings.json
check "a trace is refused" 1 'circling\.json' looplint-traces traces/circling.json
check "JSON elsewhere is no trace" 0 'no files to check' looplint-traces data/settings.json

printf '[tool.looplint]\nexclude = ["slow.py"]\n' >pyproject.toml
git add -A
check "what the configuration leaves out stays out when it is named" 0 'Passed' looplint slow.py
rm pyproject.toml

cp slow.py fixable.py
git add -A
check "the fixing hook says that it changed a file" 1 'files were modified by this hook' looplint-fix fixable.py
git add -A
check "and then passes" 0 'Passed' looplint-fix fixable.py
check "as the checking hook does" 0 'Passed' looplint fixable.py

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
