#!/bin/sh
# Run every check, whatever the others say; tell at the end which ones failed.
set -u
python=.venv/bin/python
failed=""
types="" # the process that checks types
types_report=$(mktemp) || exit 1
trap 'kill $types 2>/dev/null; rm -f "$types_report"' EXIT
trap 'exit 130' INT TERM

step() {
    name=$1
    shift
    if report=$("$@" 2>&1); then
        printf '  ok      %s\n' "$name"
    else
        printf '  FAILED  %s\n%s\n\n' "$name" "$report"
        failed="$failed  $name
"
        return 1
    fi
}

reported() { # what has run beside the other steps: its exit status, and the file that it wrote
    cat "$2"
    return "$1"
}

models_match_migrations() {
    place=$(mktemp -d) || return 1
    DATABASE_URL="sqlite:///$place/check.sqlite" INSTANCE_PATH="$place" \
        SECRET_KEY="only for this check, then forgotten" SITE_URL="https://conference.example"
    export DATABASE_URL INSTANCE_PATH SECRET_KEY SITE_URL
    "$python" -m flask --app wsgi db upgrade && "$python" -m flask --app wsgi db check
    outcome=$?
    rm -rf "$place"
    return $outcome
}

unused_code() { # what templates use is used
    names=$(mktemp --suffix=.py) || return 1
    grep -rhoE '[A-Za-z_][A-Za-z_0-9]*' templates | sort -u | sed 's/.*/getattr(_, "&")/' >"$names"
    "$python" -m vulture app config.py wsgi.py tests scripts "$names"
    outcome=$?
    rm -f "$names"
    return $outcome
}

code="app config.py wsgi.py tests scripts"
[ ! -d benchmarks ] || code="$code benchmarks"

# shellcheck disable=SC2086 # one word for each folder
{
    "$python" -m mypy $code >"$types_report" 2>&1 & # half as long as all others together
    types=$!
    step "format (ruff)" "$python" -m ruff format --check --quiet --diff
    step "lint (ruff)" "$python" -m ruff check --quiet
    step "import order (import-linter)" "$python" -c "from importlinter.cli import lint_imports_command as run; run()" --no-logo
    step "templates, format (djlint)" "$python" -m djlint --check templates
    step "templates, lint (djlint)" "$python" -m djlint --lint --quiet templates
    step "dependencies (deptry)" "$python" -m deptry .
    step "dead code (vulture)" unused_code
    step "spelling (codespell)" "$python" -m codespell_lib
    step "words (docs/words.md)" "$python" -m scripts.words && printf '%s\n' "$report"
    step "safety (bandit)" "$python" -m bandit --quiet --recursive --configfile pyproject.toml app config.py wsgi.py scripts
    step "models are what migrations make" models_match_migrations
    step "pins are what is asked for" "$python" scripts/pins.py
    step "packages agree (pip check)" "$python" -m pip check
    step "assets are what their sources make" npm run --silent stale
    wait "$types"
    step "types (mypy)" reported $? "$types_report"
    types=""
}

if [ -n "$failed" ]; then
    printf '\nThese checks failed:\n%s' "$failed"
    exit 1
fi
printf '\nAll checks passed.\n'
