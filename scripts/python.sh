#!/bin/sh
# Make .venv hold exactly what a requirements file pins: sh scripts/python.sh requirements.txt
#
# What the environment holds is written inside it, so nothing is done when nothing changed. It is
# made anew when its Python has gone or changed. Only `.venv/bin/python -m …` is ever called, so it
# goes on working when the folder is moved.
set -eu
wanted=$1

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

recent_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

able_to_make() {
    recent_enough "$1" && "$1" -c 'import ensurepip, venv' 2>/dev/null
}

suitable() { # the first Python on this machine for which a condition holds
    for python in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$1" "$python"; then
            printf '%s' "$python"
            return
        fi
    done
}

chosen() {
    found=$(suitable able_to_make)
    if [ -z "$found" ]; then
        [ -n "$(suitable recent_enough)" ] || fail "This site needs Python 3.11 or later. Please install it, then try again."
        sh scripts/machine.sh python3-venv >&2
        found=$(suitable able_to_make)
    fi
    [ -n "$found" ] || fail "Python cannot make virtual environments here. Please install the package python3-venv, then try again."
    printf '%s' "$found"
}

held() { # what this environment would have to hold, in one line for each file
    python_version=$(.venv/bin/python -V 2>/dev/null) || return 1
    printf '%s %s' "$python_version" "$(sha256sum <"$1")"
}

is_held() {
    [ -f ".venv/holds/$1" ] && now=$(held "$1") && [ "$now" = "$(cat ".venv/holds/$1")" ]
}

make_environment() {
    python=$(chosen)
    say "Making .venv with $("$python" -V)"
    rm -rf .venv 2>/dev/null || fail "The folder .venv belongs to somebody else. Please remove it, then try again."
    "$python" -m venv .venv || fail "Python could not make the folder .venv. What it said stands above."
}

works() { # the environment's Python starts, is recent enough and has its own pip
    recent_enough .venv/bin/python && .venv/bin/python -c 'import pip' 2>/dev/null
}

install() {
    works || make_environment
    say "Installing what $wanted pins (a minute or two the first time)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
        --require-hashes --requirement "$wanted" \
        || fail "The packages could not be installed. What pip said stands above; nothing else was changed."
    mkdir -p .venv/holds
    held "$wanted" >".venv/holds/$wanted"
    if [ "$wanted" = requirements-dev.txt ]; then # it holds all of the other too
        held requirements.txt >.venv/holds/requirements.txt
    fi
}

is_held "$wanted" && exit
if command -v flock >/dev/null; then # two starts at once: the second waits, and finds it done
    exec 9>.venv.lock
    flock 9
fi
is_held "$wanted" || install
