# `make demo` and `make test` set up what is missing, once, and then run. See README.md.
VENV := .venv
PYTEST := $(VENV)/bin/python -m pytest
UV ?= uv
# Where Python is told to keep no bytecode, each start of `dsr` compiles all of it: half a second.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup setup-test demo test serve bench soak image-check lint words requirements clean

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
	@deploy/local/setup.sh $(VENV) soak
	@$(PYTEST) -m soak --capture=no --timeout=0

image-check: ## the image's steps and commands in a clean root, as a container would run them; as root
	@deploy/local/setup.sh $(VENV) soak
	@$(PYTEST) -m soak --capture=no --timeout=0 tests/image

lint: ## format, lint, types, and everything under deploy/
	@deploy/local/setup.sh $(VENV) lint
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@deploy/lint/check.sh $(VENV)/deploy-lint/bin

words: setup ## the pages' catalogues, brought up to what templates and modules say
	@$(VENV)/bin/python -m tests.catalogues

COMPILE = $(UV) pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-config --upgrade --quiet \
	--custom-compile-command "make requirements"

requirements: ## the hashed requirements anew, without registry addresses; needs uv
	$(COMPILE) pyproject.toml --all-extras --output-file requirements.txt
	$(COMPILE) pyproject.toml --extra telemetry --constraints requirements.txt \
		--no-annotate --output-file deploy/image/requirements.txt
	$(COMPILE) --group image --constraints requirements.txt \
		--no-annotate --output-file deploy/image/build.txt
	$(COMPILE) --group deploy-lint --no-annotate --output-file deploy/lint/requirements.txt
	@! grep -nE '://|^-' requirements.txt deploy/image/*.txt deploy/lint/requirements.txt

clean: ## everything that make made here
	rm -rf $(VENV) .dsr build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
