#!/usr/bin/env bash
# Real Helix on a terminal (tmux): the screen with the findings, the menu of actions, a quick fix, a trace.
# HX names the program; ROOT a folder to chroot into, with /proc mounted there (Helix finds its own files through it).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/project.sh"
mkdir -p "$work/.config/helix"
cp "$here/languages.toml" "$work/.config/helix/languages.toml"
cat >"$work/.config/helix/config.toml" <<'TOML'
[editor]
end-of-line-diagnostics = "hint"
[editor.inline-diagnostics]
cursor-line = "hint"
other-lines = "hint"
TOML
folder=$work
enter=()
if [ -n "${ROOT:-}" ]; then
    folder=/looplint-test
    rm -rf "${ROOT:?}$folder"
    cp -rL "$work" "$ROOT$folder"
    enter=(chroot "$ROOT")
fi
session=looplint$$
leave() {
    tmux kill-session -t "$session" 2>/dev/null || true
    if [ -n "${ROOT:-}" ]; then rm -rf "${ROOT:?}$folder"; fi
    rm -rf "$work"
}
trap leave EXIT
environment="HOME=$folder XDG_CONFIG_HOME=$folder/.config PATH=$folder/bin:$PATH TERM=xterm-256color COLORTERM=truecolor"
helix() { # helix FILE: opens a file of the project
    tmux kill-session -t "$session" 2>/dev/null || true
    tmux new-session -d -s "$session" -x 150 -y 30 \
        "${enter[*]} sh -c 'cd $folder/project && env $environment ${HX:-hx} $1'"
}
passed=0 failed=0
shows() { # shows NAME PATTERN: waits until the screen shows it
    local screen=
    for _ in $(seq 120); do
        screen=$(tmux capture-pane -p -t "$session" 2>&1)
        if grep -Eq "$2" <<<"$screen"; then
            passed=$((passed + 1))
            echo "ok   $1"
            return
        fi
        sleep 0.25
    done
    failed=$((failed + 1))
    echo "FAIL $1: no /$2/ on the screen"
    echo "$screen"
}

helix slow.py
shows "a finding is shown in the text" 'is a list and is searched'
tmux send-keys -t "$session" ':goto 4' Enter
tmux send-keys -t "$session" 'gl'
sleep 0.5
tmux send-keys -t "$session" 'hhh'
sleep 0.3
tmux send-keys -t "$session" ' k'
shows "the hover says what it costs" 'O\(xs'
tmux send-keys -t "$session" Escape
sleep 0.3
tmux send-keys -t "$session" ' a'
shows "a quick fix is offered" 'Make a set of'
sleep 0.3
tmux send-keys -t "$session" Enter
shows "and applied" 'x in ys_set'
tmux send-keys -t "$session" Escape ':q!' Enter
sleep 0.5
helix traces/circling.json
shows "a trace has its finding" '● 1|⚠ 1|[●■▲] [0-9]+ +1 sel'
tmux send-keys -t "$session" ':q!' Enter
echo "helix: $passed passed, $failed failed"
[ "$failed" = 0 ]
