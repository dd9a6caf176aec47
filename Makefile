# Everything that is done with this project. `make` alone lists it.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
PYTHON := .venv/bin/python
# one more than there are processors, since some stories wait for other processes
WORKERS := $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)
TESTS := -m pytest -n $(WORKERS) --maxprocesses 5 --dist worksteal $(if $(COVERAGE),-p tests.tracer)
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help run test test-browser test-random simulate race mutate check bench assets pictures pins format installed installed-for-work installed-node

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: installed ## Serve the site and send its emails, on http://127.0.0.1:8000 (PORT, HOST)
	@exec $(PYTHON) -m app.server

test: installed-for-work ## Run every test that needs no browser (COVERAGE=1: measure what they cover)
	@$(PYTHON) $(TESTS) -m "not browser and not node" --keep-pages
ifdef COVERAGE
	@$(PYTHON) scripts/report_coverage.py
endif

test-browser: installed-for-work installed-node ## Run the stories in a real browser, axe, and the Nu HTML checker (SLOW=1: pages come slowly)
	@sh scripts/machine.sh chromium-headless-shell java
	@$(PYTHON) $(TESTS) -m "browser or node" --nu $(if $(SLOW),--slow-pages)

test-random: installed-for-work ## Try the property tests with new examples
	@$(PYTHON) $(TESTS) -m "hypothesis and not browser and not node" --hypothesis-profile random

check: installed-for-work installed-node ## Check format, types, import order, templates, dependencies, dead code
	@sh scripts/check.sh

simulate: installed-for-work ## Live through conference years with crashes and mail faults (SEEDS=100; SEED=7: that one; STEPS=60: short ones)
	@$(PYTHON) -m tests.simulation --seeds $(or $(SEEDS),10) $(if $(SEED),--seed $(SEED)) $(if $(STEPS),--steps $(STEPS))

race: installed-for-work ## Let 8 processes do at once what people and organisers do, on both databases (SECONDS=120)
	@$(PYTHON) -m tests.simulation.processes --seconds $(or $(SECONDS),120)
	@$(PYTHON) -m tests.simulation.processes --seconds $(or $(SECONDS),120) --postgresql

mutate: installed-for-work ## Put small faults into the code and tell which of them no test sees (AREA=seats)
	@$(PYTHON) -m scripts.mutate $(AREA)

bench: installed-for-work installed-node ## Measure speed against controls of the same run (WHAT=all: Lighthouse too)
	@sh scripts/machine.sh wrk chromium
	@$(PYTHON) -m benchmarks $(WHAT)

assets: installed-node ## Build the style sheets and scripts that the site serves
	@npm run --silent build

format: installed-for-work ## Put Python and templates in the shape that `make check` asks for
	@$(PYTHON) -m ruff format
	@$(PYTHON) -m ruff check --fix
	@$(PYTHON) -m djlint --reformat --quiet templates

pictures: installed-for-work ## Take the pictures of the README again
	@sh scripts/machine.sh chromium-headless-shell
	@$(PYTHON) -m scripts.take_pictures

pins: installed-for-work ## Pin what requirements*.in ask for, with hashes
	@sh scripts/pins.sh

installed:
	@sh scripts/python.sh requirements.txt

installed-for-work:
	@sh scripts/python.sh requirements-dev.txt

installed-node:
	@sh scripts/node.sh
