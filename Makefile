# promptkit: `make demo` shows it at work, `make test` runs the tests, `make check` is what a change must pass.
#
# Everything runs in a virtual environment of its own, $(VENV), made by the first command and kept until
# pyproject.toml or the Python changes. Choose another Python with PYTHON=python3.12, tests with ARGS="-k name".

PYTHON ?=
VENV ?= .venv
EXTRAS ?= $(VENV)-extras
ARGS ?=

BIN := $(VENV)/bin
PIP_ENV := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0
PIP := $(PIP_ENV) $(BIN)/python -m pip install --quiet
JOBS ?= auto

# Settings of the caller's own Python must not leak into the environment.
unexport PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help demo test test-extras check static format bench docs golden clean FORCE

help:
	@sed -n 's/^# *\(make [a-z-]*  .*\)/\1/p' Makefile

# make demo         the token table of templates/
# make test         the tests
# make test-extras  the tests that need LangChain, LlamaIndex, Haystack or the tokenizers of other vendors
# make check        format, lint, types and tests: what a change must pass
# make static       the same without the tests
# make format       rewrite the sources in the project's format
# make bench        compare with the libraries underneath, and with others of its kind
# make docs         rewrite docs/std from the standard blocks
# make golden       rewrite the expected outputs in tests/golden; review the diff
# make clean        remove the environment and every cache

demo: $(VENV)/.run
	@$(BIN)/promptkit tokens --library templates

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

# In an environment of its own: 600 MB that nobody else needs.
test-extras: $(EXTRAS)/.interop
	$(EXTRAS)/bin/python -m pytest -n $(JOBS) tests/test_interop.py tests/test_tokens_vendors.py $(ARGS)

check: static test

static: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev
ifeq ($(firstword $(ARGS)),peers)
	@$(BIN)/python -m benchmarks.peers $(wordlist 2,99,$(ARGS))
else ifneq ($(ARGS),)
	@$(BIN)/python -m benchmarks.run $(ARGS)
else
	@$(BIN)/python -m benchmarks.run; first=$$?; $(BIN)/python -m benchmarks.peers && exit $$first
endif

docs: $(VENV)/.run
	@$(BIN)/python scripts/build_docs.py
	@git status --short docs

golden: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(JOBS) --golden $(ARGS)
	@git status --short tests/golden

clean:
	rm -rf $(VENV) $(EXTRAS) .venv-bench build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. .python holds the version it was made with, and is newer than before only when that changes.

$(VENV)/.python: FORCE
	@sh scripts/environment.sh $(VENV) $(PYTHON)

$(VENV)/.run: $(VENV)/.python pyproject.toml
	@echo "installing promptkit into $(VENV)" >&2
	@$(PIP) --editable .
	@touch $@

# pip learnt --group in 25.1; the pip of an older Python gets the same list as a file.
$(VENV)/.dev: $(VENV)/.run
	@echo "installing the development tools into $(VENV)" >&2
	@$(BIN)/python -c 'import tomllib; groups = tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]; print(*groups["dev"], *groups["sdks"], sep="\n")' > $(VENV)/dev.txt
	@$(PIP) --requirement $(VENV)/dev.txt
	@touch $@

$(EXTRAS)/.python: FORCE
	@sh scripts/environment.sh $(EXTRAS) $(PYTHON)

$(EXTRAS)/.interop: $(EXTRAS)/.python pyproject.toml
	@echo "installing LangChain, LlamaIndex, Haystack and tokenizers into $(EXTRAS)" >&2
	@$(EXTRAS)/bin/python -c 'import tomllib; groups = tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]; print(*groups["interop"], *groups["vocabularies"], sep="\n")' > $(EXTRAS)/interop.txt
	@$(PIP_ENV) $(EXTRAS)/bin/python -m pip install --quiet --editable . --requirement $(EXTRAS)/interop.txt
	@touch $@
