#!/usr/bin/env bash
# Real Emacs with Eglot, without a screen. EMACS names the program (Debian: emacs-nox; for 28 also elpa-eglot).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/project.sh"
cd "$project"
LOOPLINT_PROJECT=$project HOME=$work timeout 90 "${EMACS:-emacs}" --batch -l "$here/test.el" 2>"$work/err" || {
    status=$?
    tail -20 "$work/err"
    exit "$status"
}
