#!/usr/bin/env bash
# What others call: workflows, the action, the job for GitLab, the hooks, and one version everywhere.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-$PWD/target}
venv=$target/ci/outside
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet zizmor==1.32.0 check-jsonschema==0.39.0 pre-commit==4.7.0 maturin==1.16.0 || {
    echo "skipped: zizmor, check-jsonschema, pre-commit and maturin cannot be installed from PyPI"
    exit 0
}

python3 ci/version.py
"$venv/bin/zizmor" --offline --persona pedantic --no-progress .github action.yml
"$venv/bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml
"$venv/bin/check-jsonschema" --builtin-schema vendor.github-actions action.yml
"$venv/bin/check-jsonschema" --builtin-schema vendor.gitlab-ci ci/gitlab.yml
"$venv/bin/pre-commit" validate-manifest .pre-commit-hooks.yaml

# The wheel is built with the profile of the tests, so that nothing is compiled anew.
rm -rf "$target/ci/wheels"
"$venv/bin/maturin" build --quiet --profile dev -m src/looplint/Cargo.toml -o "$target/ci/wheels"
PRE_COMMIT=$venv/bin/pre-commit tests/precommit.sh "$target/ci/wheels"
PRE_COMMIT=$venv/bin/pre-commit tests/adoption.sh "$target/ci/wheels"
LOOPLINT_BIN=$target/debug/looplint tests/action.sh
