#!/usr/bin/env bash
# A team adopts looplint, as the README says it: from an empty folder with a git repository of a real package in it.
# Usage: tests/adoption.sh FOLDER_WITH_A_WHEEL
# Needs git, pip with a package index (a small package of others is checked) and pre-commit (PRE_COMMIT names it).
# Where npm has it, the SARIF log is judged by sarif-multitool too: its GitHub rules, and its line hashes against ours.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
wheels=$(cd "$1" && pwd)
pre_commit=${PRE_COMMIT:-pre-commit}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset VIRTUAL_ENV LOOPLINT_BIN
export PRE_COMMIT_HOME=$work/cache PIP_DISABLE_PIP_VERSION_CHECK=1
# The wheel stands in for the index that it will be published to.
export PIP_FIND_LINKS="$wheels ${PIP_FIND_LINKS:-}"

passed=0 failed=0
check() { # check NAME EXPECTED-EXIT PATTERN COMMAND...
    local name=$1 expected=$2 pattern=$3 status=0 start=$SECONDS
    shift 3
    "$@" >"$work/out" 2>&1 || status=$?
    if [ "$status" = "$expected" ] && { [ -z "$pattern" ] || grep -Eq -- "$pattern" "$work/out"; }; then
        passed=$((passed + 1))
        echo "ok   $name ($((SECONDS - start)) s)${pattern:+: $(grep -E -- "$pattern" "$work/out" | tail -1 | cut -c1-110)}"
    else
        failed=$((failed + 1))
        echo "FAIL $name: exit $status, expected $expected and /$pattern/"
        tail -30 "$work/out" | sed 's/^/     /'
    fi
}

python3 -m venv "$work/maker"
"$work/maker/bin/pip" install --quiet --no-deps --target "$work/project" networkx==3.4.2
cd "$work/project"
rm -rf bin share ./*.dist-info
git init --quiet
git config user.email someone@example.com
git config user.name someone
git add -A
git commit --quiet -m "A package"
git ls-files '*.py' | xargs cat | wc -l | sed 's/^/     lines of the package: /'

python3 -m venv "$work/venv"
check "one line to install" 0 "" "$work/venv/bin/pip" install --quiet looplint
export PATH=$work/venv/bin:$PATH
check "the program runs" 0 '^looplint [0-9]' looplint --version
check "as a module too" 0 '^looplint [0-9]' python -m looplint --version
check "the first run finds something" 1 'findings? \(.*\) in [0-9]+ of [0-9]+ files' looplint check
cp "$work/out" "$work/first"

check "the baseline parks it" 0 'looplint-baseline|findings' looplint baseline
git add -A && git commit --quiet -m "Old findings are parked"
check "and nothing is left" 0 '' looplint check
check "the baseline shrinks only" 0 '' looplint baseline --check

cat >.pre-commit-config.yaml <<YAML
repos:
  - repo: $root
    rev: $(git -C "$root" rev-parse HEAD)
    hooks:
      - id: looplint
YAML
git add -A && git commit --quiet -m "A hook"
check "the hook is installed" 0 'installed' "$pre_commit" install
cat >networkx/slow.py <<'PY'
def common(xs: list[int], ys: list[int]) -> list[int]:
    out = []
    for x in xs:
        if x in ys:
            out.append(x)
    return out
PY
git add -A
check "the hook refuses a new finding" 1 'slow\.py:4' git commit -m "A slow function"
sed -i.bak 's/    out = \[\]/    out, ys = [], set(ys)/; s/: list\[int\]) ->/: list[int]) ->/' networkx/slow.py && rm networkx/slow.py.bak
git add -A
check "and lets its repair pass" 0 'Passed' git commit -m "A fast function"
sed -i.bak '1i # a line more' networkx/utils/misc.py && rm networkx/utils/misc.py.bak
git add -A
check "a file with old findings that moved passes" 0 'Passed' git commit -m "A comment"

printf 'def pairs(xs: list):\n    return [x for x in xs if x]\n' >networkx/gate.py
git add -A && git commit --quiet --no-verify -m "A function"
printf 'def pairs(xs: list):\n    return [x for x in xs if xs.count(x) > 1]\n' >networkx/gate.py
check "a cost that rises by a degree fails the review" 1 'was O\(xs\) and is O\(xs\^2\)' \
    looplint check --since HEAD --fail-on-degree --output-format concise
git checkout --quiet networkx/gate.py

check "several reports in one run" 1 'findings' looplint check --no-baseline --output-format concise \
    --output-format sarif=looplint.sarif --output-format html=looplint.html --output-format gitlab=gl.json
check "the action's script, as on a runner" 1 '^::(warning|error|notice) ' env RUNNER_TEMP="$work/runner" \
    GITHUB_OUTPUT="$work/outputs" GITHUB_STEP_SUMMARY="$work/summary.md" \
    INPUT_SARIF_FILE=action.sarif INPUT_ARGS=--no-baseline "$root/ci/action.sh"
check "which installed the wheel and says how it ended" 0 '^exit-code=1' cat "$work/outputs"

multitool=$work/npm/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
if command -v npm >/dev/null && npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$work/npm" \
    @microsoft/sarif-multitool-linux@5.7.0 >/dev/null 2>&1 && chmod +x "$multitool"; then
    cat >"$work/judge.py" <<'PY'
import json, sys

def results(path):
    return [result for run in json.load(open(path, encoding="utf-8-sig"))["runs"] for result in run["results"]]

if sys.argv[1] == "levels":
    bad = [result for result in results(sys.argv[2]) if result.get("level", "warning") in ("error", "warning")]
    for result in bad[:10]:
        print(result["ruleId"], result["message"])
    print(len(bad), "errors and warnings of the validator")
    sys.exit(bool(bad))
own, other = (
    [result.get("partialFingerprints", {}).get("primaryLocationLineHash") for result in results(path)]
    for path in sys.argv[2:4]
)
differ = sum(one != two for one, two in zip(own, other))
print(len(own), "line hashes,", differ, "differ")
sys.exit(differ != 0 or None in own or len(own) != len(other))
PY
    judge() {
        DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$multitool" validate looplint.sarif --rule-kind "Sarif;Ghas" \
            --level "Error;Warning" --output "$work/judged.sarif" --log ForceOverwrite
        python3 "$work/judge.py" levels "$work/judged.sarif"
    }
    check "code scanning's rules accept the log" 0 '^0 errors and warnings' judge
    hashes() {
        # The multitool keeps hashes that are there already.
        python3 - looplint.sarif "$work/bare.sarif" <<'PY'
import json, sys
log = json.load(open(sys.argv[1]))
log["runs"][0]["originalUriBaseIds"] = {"%SRCROOT%": {"uri": "file://" + __import__("os").getcwd() + "/"}}
for result in log["runs"][0]["results"]:
    result.pop("partialFingerprints", None)
json.dump(log, open(sys.argv[2], "w"))
PY
        DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$multitool" rewrite "$work/bare.sarif" \
            --insert RollingHashPartialFingerprints --output "$work/hashed.sarif" --log ForceOverwrite
        python3 "$work/judge.py" hashes looplint.sarif "$work/hashed.sarif"
    }
    check "its line hashes are ours" 0 ' 0 differ' hashes
else
    echo "skipped: npm cannot install sarif-multitool, so GitHub's rules did not judge the SARIF log"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
