#!/usr/bin/env bash
# Neovim 0.7 to 0.10 (Debian: neovim), without a screen, with legacy.lua. NVIM names the program; ROOT a folder to chroot into.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/project.sh"
cp "$here/legacy.lua" "$here/test_legacy.lua" "$work/"
run=(env "PATH=$PATH" "HOME=$work")
folder=$work
if [ -n "${ROOT:-}" ]; then
    folder=/looplint-test
    rm -rf "${ROOT:?}$folder"
    cp -rL "$work" "$ROOT$folder"
    run=(chroot "$ROOT" env "PATH=$folder/bin:/usr/bin:/bin" "HOME=$folder")
fi
status=0
"${run[@]}" timeout 60 "${NVIM:-nvim}" --headless --clean -c "luafile $folder/test_legacy.lua" "$folder/project/slow.py" </dev/null || status=$?
echo
if [ -n "${ROOT:-}" ]; then rm -rf "${ROOT:?}$folder"; fi
exit "$status"
