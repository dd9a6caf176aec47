#!/bin/sh
# Pin what requirements*.in ask for, with hashes, for every machine and every Python from 3.11 on.
set -eu
for name in requirements requirements-dev; do
    .venv/bin/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make pins" \
        --output-file "$name.txt" "$name.in" "$@"
done
.venv/bin/python scripts/pins.py
