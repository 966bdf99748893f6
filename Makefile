# `make demo` and `make test` set up what is missing, once, and then run. See README.md.
VENV := .venv
PYTEST := $(VENV)/bin/python -m pytest
UV ?= uv
# Where Python is told to keep no bytecode, each start of `dsr` compiles all of it: half a second.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup setup-test demo test serve bench soak lint words requirements clean

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

setup: ## the virtual environment and the system packages, where they are missing
	@deploy/local/setup.sh $(VENV)

setup-test: ## the same, and the mail servers that tests run privately
	@deploy/local/setup.sh $(VENV) test

demo: setup ## the main job on embedded servers, from the outside; ends by itself
	@$(VENV)/bin/dsr demo

test: setup-test ## the whole test suite
	@$(PYTEST) -m "not soak" --numprocesses 3 --dist loadfile --no-loadscope-reorder

serve: setup ## the embedded default, kept up until Ctrl-C
	@$(VENV)/bin/dsr serve

bench: setup ## the benchmarks, with their tables
	@$(VENV)/bin/python -m tests.benchmarks --deletions
	@$(VENV)/bin/python -m tests.benchmarks.pages

soak: ## the long runs
	@deploy/local/setup.sh $(VENV) test
	@$(PYTEST) -m soak --capture=no --timeout=0

lint: setup ## format, lint and types
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy

words: setup ## the pages' catalogues, brought up to what templates and modules say
	@$(VENV)/bin/python -m tests.catalogues

requirements: ## the hashed requirements anew, without registry addresses; needs uv
	$(UV) pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-config --upgrade \
		--quiet --custom-compile-command "make requirements" --output-file requirements.txt
	@! grep -nE '://|^-' requirements.txt

clean: ## everything that make made here
	rm -rf $(VENV) .dsr build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
