#!/usr/bin/env bash
# The Python package: style, types, and tests with the real libraries and the program of this tree.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-$PWD/target}
venv=$target/ci/python
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet -r src/looplint/python/tests/requirements.txt || {
    echo "skipped: the frameworks cannot be installed from PyPI, so the adapters were not tested with them"
    cargo build --quiet --locked -p looplint
    LOOPLINT_BIN=$target/debug/looplint python3 -m unittest discover -s src/looplint/python/tests
    exit 0
}

"$venv/bin/ruff" check src/looplint/python ci
"$venv/bin/ruff" format --check src/looplint/python ci
(cd src/looplint && "$venv/bin/mypy" --strict --python-version 3.10 python/looplint)
cargo build --quiet --locked -p looplint
LOOPLINT_BIN=$target/debug/looplint "$venv/bin/python" -W ignore::DeprecationWarning \
    -m unittest discover -s src/looplint/python/tests

# The oldest Python that is supported, where there is one; the frameworks are for newer ones and say that they skip.
# A name on the path need not run: a version manager puts one there for versions that are not switched on.
oldest=
for each in python3.9 ~/.pyenv/versions/3.9.*/bin/python; do
    if "$each" -c '' 2>/dev/null; then
        oldest=$each
        break
    fi
done
if [ -n "$oldest" ]; then
    LOOPLINT_BIN=$target/debug/looplint "$oldest" -m unittest discover -s src/looplint/python/tests
else
    echo "skipped: there is no Python 3.9"
fi
