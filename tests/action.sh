#!/usr/bin/env bash
# The GitHub action's script, run by hand as its users' runners run it: annotations, SARIF, outputs, exit codes.
# LOOPLINT_BIN names the program.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir "with space"
cat >"with space/slow.py" <<'PY'
def common(xs: list[int], ys: list[int]) -> list[int]:
    out = []
    for x in xs:
        if x in ys:
            out.append(x)
    return out
PY
echo 'x = 1' >clean.py

passed=0 failed=0
check() { # check NAME EXPECTED-EXIT PATTERN [INPUT=VALUE...]
    local name=$1 expected=$2 pattern=$3 status=0
    shift 3
    : >outputs
    env GITHUB_OUTPUT="$work/outputs" GITHUB_STEP_SUMMARY="$work/summary.md" "$@" "$root/ci/action.sh" >out 2>&1 || status=$?
    if [ "$status" = "$expected" ] && grep -Eqs -- "$pattern" out outputs; then # not through a pipe: under pipefail an early match fails it
        passed=$((passed + 1))
        echo "ok   $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name: exit $status, expected $expected and /$pattern/"
        cat out outputs
    fi
}
check "a finding annotates its line and fails the step" 1 '^::warning .*file=with(%20| )space/slow.py,line=4' INPUT_SARIF_FILE=a.sarif
check "SARIF is written beside, and named" 1 '^sarif-file=b.sarif$' INPUT_SARIF_FILE=b.sarif
python3 -c 'import json; run = json.load(open("b.sarif"))["runs"][0]; assert run["results"][0]["ruleId"] == "list-membership-in-loop"'
check "the outputs say what ran and how it ended" 1 '^exit-code=1$'
check "paths with spaces stand one a line" 1 'slow.py' INPUT_PATHS=$'clean.py\nwith space/slow.py'
check "paths without stand in one line" 0 '^exit-code=0$' INPUT_PATHS="clean.py clean.py"
check "arguments are quoted as in a shell" 0 '^exit-code=0$' INPUT_ARGS="--exclude 'with space/**'"
# shellcheck disable=SC2016 # that nothing expands is what is tested
check "nothing in an input is run" 2 '^exit-code=2$' INPUT_PATHS='$(touch evil)' INPUT_ARGS='--select $(touch evil)'
[ ! -e evil ]
check "it may never fail" 0 '^exit-code=0$' INPUT_FAIL_ON=never
check "or only on errors" 0 '^exit-code=0$' INPUT_FAIL_ON=error
check "a bad configuration file is exit 2" 2 'none.toml' INPUT_CONFIG=none.toml
"$LOOPLINT_BIN" baseline --quiet --baseline old.json
check "what was there before is parked" 0 '^exit-code=0$' INPUT_BASELINE=old.json
sed 's/common/shared/' "with space/slow.py" >new.py
check "and what is new is not" 1 'file=new.py' INPUT_BASELINE=old.json
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
