#!/usr/bin/env bash
# What the GitHub action does: installs the wheel, checks, annotates the change and writes SARIF, in one run.
# By hand: INPUT_PATHS=src ci/action.sh       (LOOPLINT_BIN=/path/to/looplint installs nothing)
# Knows the action's inputs as variables, listed in action.yml. Written for bash 3.2, which macOS has.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

install() { # prints the program's path
    local version=${INPUT_VERSION:-} python folder bin
    if [ -z "$version" ]; then
        version=$(sed -n 's/^dependencies = \["looplint==\([^"]*\)"\]$/\1/p' "$here/pyproject.toml")
    fi
    python=$(command -v python3 || command -v python) || {
        echo "::error title=looplint::there is no Python to install looplint with: put actions/setup-python before this step" >&2
        return 2
    }
    # A folder for each version: steps of one job may ask for several.
    folder=${RUNNER_TEMP:-${TMPDIR:-/tmp}}/looplint-$version
    [ -d "$folder" ] || "$python" -m venv "$folder" || return 2
    bin=$folder/bin
    [ -d "$bin" ] || bin=$folder/Scripts
    if ! ls "$bin"/looplint* >/dev/null 2>&1; then
        # Wheels alone: a runner must not compile Rust for minutes.
        "$bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=looplint "looplint==$version" >&2 || return 2
    fi
    echo "$bin/looplint"
}

program=${LOOPLINT_BIN:-}
[ -n "$program" ] || program=$(install) || exit 2

command=("$program" check --output-format github)
sarif=${INPUT_SARIF_FILE:-}
if [ -n "$sarif" ]; then command+=(--output-format "sarif=$sarif"); fi
if [ -n "${INPUT_CONFIG:-}" ]; then command+=(--config "$INPUT_CONFIG"); fi
if [ -n "${INPUT_BASELINE:-}" ]; then command+=(--baseline "$INPUT_BASELINE"); fi
case ${INPUT_FAIL_ON:-} in
"") ;;
never) command+=(--exit-zero) ;;
*) command+=(--fail-on "$INPUT_FAIL_ON") ;;
esac
if [ -n "${INPUT_ARGS:-}" ]; then
    # xargs reads quotes as a shell does, and expands nothing.
    while IFS= read -r arg; do command+=("$arg"); done < <(printf '%s\n' "$INPUT_ARGS" | xargs printf '%s\n')
fi
command+=(--)
paths=${INPUT_PATHS:-.}
case $paths in
*$'\n'*) ;;
*) paths=$(printf '%s' "$paths" | tr ' ' '\n') ;;
esac
while IFS= read -r path; do
    if [ -n "$path" ]; then command+=("$path"); fi
done <<<"$paths"

status=0
"${command[@]}" || status=$?
{
    echo "version=$("$program" --version | cut -d ' ' -f 2)"
    if [ -n "$sarif" ] && [ -f "$sarif" ]; then echo "sarif-file=$sarif"; fi
    echo "exit-code=$status"
} >>"${GITHUB_OUTPUT:-/dev/null}"
exit "$status"
