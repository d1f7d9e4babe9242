# Every target sets up what it needs. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
CODE := $(wildcard src tests benchmarks examples notebooks recipes)
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check

# One thread each, as tests share the cores. What was compiled once is kept, whatever the shell says.
TEST := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive PYTHONDONTWRITEBYTECODE=

export PIP_NO_INPUT := 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo studio browser test check lint fix bench docs dist clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/installed ## Make a picture of each command: demo/index.html
	@$(BIN)/facewright demo -o demo

studio: .venv/installed-studio ## Open the studio in the browser; ARGS='--lan --https' for a phone
	@$(BIN)/facewright studio $(ARGS)

test: .venv/installed-dev ## Run the default tests; ARGS='-k paste' chooses
	@$(TEST) $(BIN)/python -m pytest -n logical --maxprocesses 8 --dist worksteal $(ARGS)

browser: .venv/installed-dev ## Drive the studio with Chromium, where there is one; ARGS chooses
	@$(TEST) $(BIN)/python -m pytest -m browser $(or $(ARGS),tests/studio/browser)

check: lint docs test ## Everything that must be green before a commit is shared

lint: .venv/installed-dev ## Check format, style, spelling, types, architecture and dead code
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/codespell $(CODE) docs *.md
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/vulture

fix: .venv/installed-dev ## Mend what the linters can mend
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)

bench: .venv/installed-dev ## Measure speed: one JSON line per question; ARGS chooses
	@$(BIN)/python -m benchmarks $(ARGS)

docs: .venv/installed-dev ## Build the documentation into site/, strict about links
	@$(BIN)/zensical build --clean --strict

dist: .venv/bin/pip ## Build the wheels of the package and of its weights into dist/
	@rm -rf dist
	@$(BIN)/python -m pip wheel -q --disable-pip-version-check --no-deps -w dist . ./weights
	@ls -l dist

clean: ## Remove what the targets made, .venv included
	rm -rf .venv demo site dist .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# ---------------------------------------------------------------- set-up

# pip is the last thing that venv installs, so an interrupted attempt is repeated.
.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: $(PYTHON) is missing or older than 3.11"; \
	  echo "hint: name a newer one, as in make PYTHON=python3.12"; exit 1; } >&2
	@$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml | .venv/bin/pip
	@echo "Installing Facewright into .venv; the first time takes minutes." >&2
	@$(PIP) -e .
	@touch $@

.venv/installed-studio: pyproject.toml | .venv/bin/pip
	@echo "Installing Facewright and its studio into .venv; the first time takes minutes." >&2
	@$(PIP) -e '.[studio]'
	@touch .venv/installed $@

.venv/installed-dev: pyproject.toml | .venv/bin/pip
	@echo "Installing Facewright and its tools into .venv; the first time takes minutes." >&2
	@$(PIP) -e '.[dev]'
	@touch .venv/installed .venv/installed-studio $@
