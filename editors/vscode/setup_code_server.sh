#!/usr/bin/env bash
# A real VS Code 1.96 (code-server 4.96.4) from the npm registry, for Node 20, in the folder that is named.
# Its own install scripts would download programs; what they would bring comes from Debian and from builds on this machine.
# Needs the Debian packages chromium, libkrb5-dev and ripgrep, and a C++ compiler.
set -euo pipefail
mkdir -p "$1"
cd "$1"
[ -f package.json ] || npm init -y >/dev/null
npm install --ignore-scripts --no-audit --no-fund code-server@4.96.4 puppeteer-core@24
(
    cd node_modules/code-server/lib/vscode
    # It pins one package to a git host.
    rm -f npm-shrinkwrap.json
    npm install --omit=dev --ignore-scripts --legacy-peer-deps --no-audit --no-fund
    npm rebuild node-pty @vscode/spdlog native-watchdog kerberos
    (cd extensions && npm install --omit=dev --ignore-scripts --no-audit --no-fund)
    ln -sfn node_modules node_modules.asar
    mkdir -p node_modules/@vscode/ripgrep/bin
    ln -sf "$(command -v rg)" node_modules/@vscode/ripgrep/bin/rg
)
npm rebuild argon2
node node_modules/code-server/out/node/entry.js --version
