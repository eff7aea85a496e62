# lorag: `make chat` sets everything up and opens the chat; `make test` runs every test. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORPUS ?=

.DEFAULT_GOAL := help
.PHONY: help chat test check format bench models clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# Each stamp is newer than what it was made from, so nothing is installed twice.
$(VENV)/.installed: pyproject.toml constraints.txt scripts/install.py
	@$(PYTHON) scripts/install.py $(VENV) '.[embedders,train]' $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(PYTHON) scripts/install.py $(VENV) '.[dev]' $@

chat: $(VENV)/.installed ## set up, index examples/, and chat (reads questions from stdin without a terminal)
	@$(BIN)/lorag add examples --collection examples --rebuild >&2
	@$(BIN)/lorag chat

test: $(VENV)/.installed-dev ## run every test
	@$(BIN)/python -m pytest -n auto --dist loadgroup

check: $(VENV)/.installed-dev ## format, lint, types, architecture
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## put the code into the agreed form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-dev ## measure the budgets of docs/benchmarks.md
	@$(BIN)/python -m benchmarks

models: $(VENV)/.installed-dev ## train the built-in models: make models CORPUS=/path/to/corpus
	@test -n "$(CORPUS)" || { echo 'make models: say where the corpus is: make models CORPUS=/path/to/corpus' >&2; exit 2; }
	@$(BIN)/python models/recipe/embedder.py --corpus "$(CORPUS)" --out models/embedder
	@$(BIN)/python models/recipe/chat_model.py --corpus "$(CORPUS)"

clean: ## remove the virtual environment and every cache
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
