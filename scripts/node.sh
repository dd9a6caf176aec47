#!/bin/sh
# Make node_modules hold exactly what package-lock.json pins.
set -eu

if ! command -v npm >/dev/null; then
    echo "Building the assets and checking pages needs Node 20 or later with npm 10 or later. Please install them, then try again." >&2
    exit 1
fi

held() { printf '%s %s' "$(node -v)" "$(sha256sum <package-lock.json)"; }

if [ -f node_modules/.held ] && [ "$(held)" = "$(cat node_modules/.held)" ]; then
    exit
fi
if command -v flock >/dev/null; then
    exec 9>.node_modules.lock
    flock 9
fi
if [ ! -f node_modules/.held ] || [ "$(held)" != "$(cat node_modules/.held)" ]; then
    echo "Installing what package-lock.json pins" >&2
    npm ci --no-audit --no-fund --loglevel=error
    held >node_modules/.held
fi
