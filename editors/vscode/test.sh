#!/usr/bin/env bash
# The built .vsix in a real VS Code (code-server) and a real Chromium: findings, a hover, a quick fix, a trace, the commands.
# CODE_SERVER names a folder made by setup_code_server.sh (about two minutes); without it, one is made.
# SHOTS names a folder for the screenshots. Needs chromium (CHROMIUM names it). LOOPLINT_BIN as in ../testing/project.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/project.sh"

code=${CODE_SERVER:-}
if [ -z "$code" ]; then
    code=$work/code
    "$here/setup_code_server.sh" "$code"
fi
[ -d "$here/node_modules" ] || (cd "$here" && npm ci --ignore-scripts --no-audit --no-fund)
node "$here/package.mjs" "$(realpath "$program")" linux-x64 >"$work/package.log" || {
    cat "$work/package.log"
    exit 1
}

server=(node "$code/node_modules/code-server/out/node/entry.js" --user-data-dir "$work/data" --extensions-dir "$work/extensions")
mkdir -p "$work/data/User"
cat >"$work/data/User/settings.json" <<'JSON'
{
  "workbench.startupEditor": "none",
  "looplint.inlayHints": true,
  "looplint.codeLens": true,
  "telemetry.telemetryLevel": "off"
}
JSON
"${server[@]}" --install-extension "$here/looplint-linux-x64.vsix" --force >"$work/install.log" 2>&1 || {
    cat "$work/install.log"
    exit 1
}
port=$((20000 + RANDOM % 20000))
"${server[@]}" --auth none --bind-addr "127.0.0.1:$port" --disable-telemetry --disable-update-check \
    --disable-workspace-trust "$project" >"$work/server.log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null || true; wait $pid 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 600); do
    if grep -q "HTTP server listening" "$work/server.log"; then break; fi
    sleep 0.2
done
export NODE_PATH="$code/node_modules"
CHROMIUM=${CHROMIUM:-$(command -v chromium)} URL="http://127.0.0.1:$port/?folder=$project" \
    SHOTS=${SHOTS:-$work/shots} timeout 300 node "$here/test/editor.cjs"
