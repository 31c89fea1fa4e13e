# What a developer types. Every target makes the virtual environment when it is missing and can be repeated.
#   make drill | test | lint | bench [ONLY=<id>] | bench-check | engines | verify | lanjing | docs | pictures [CITY=<name>] | messages | clean
# Variables: PYTHON (interpreter, default python3), VENV (default .venv), TESTS (arguments for pytest).
.POSIX:
.DEFAULT_GOAL := help
.PHONY: help drill test lint bench bench-check engines verify lanjing docs pictures messages clean

export PYTHON ?= python3
export VENV ?= .venv
TESTS ?=
ONLY ?=
DRILL ?= pump-blackout
CITY ?= lanjing

# The folder of this file, blanks and all.
ROOT := $(shell dirname "$$(printf '%s' '$(MAKEFILE_LIST)' | sed 's/^ *//')")
IN := @cd "$(ROOT)" &&
PY := "$(VENV)/bin/python"
DATA := TWIN_DATA="$${TWIN_DATA:-$$(cat tests/reference-data)}"

help:
	$(IN) sed -n '2,3s/^# *//p' Makefile

drill:
	$(IN) .ci/venv view && $(PY) -m twin run $(DRILL) --output runs/$(DRILL) --overwrite

test:
	$(IN) .ci/venv test && $(PY) -m pytest $(TESTS)

lint:
	$(IN) .ci/venv test && $(PY) -m ruff check . && $(PY) -m ruff format --check . \
	  && $(PY) -m mypy --strict twin && "$(VENV)/bin/lint-imports"

bench:
	$(IN) .ci/venv test && $(DATA) $(PY) -m twin bench $(ONLY) --history benchmarks/history.csv

bench-check:
	$(IN) .ci/venv test && $(DATA) $(PY) -m twin bench $(ONLY) --baseline benchmarks/baseline.json

engines:
	$(IN) .ci/venv && $(PY) -m twin engines install --engines .engines

verify:
	$(IN) .ci/venv test && $(PY) -m pytest -m verify $(TESTS)

# Grows the bundled city anew from its seed.
lanjing:
	$(IN) .ci/venv && rm -rf build/lanjing && $(PY) -m twin synth --area 12 --seed 1 -o build/lanjing/raw \
	  && $(PY) -m twin census read build/lanjing/raw -o build/lanjing/census.gpkg --quiet \
	  && $(PY) -m twin census build build/lanjing/census.gpkg -o build/lanjing/lanjing --quiet \
	  && rm -rf twin/networks/lanjing && mv build/lanjing/lanjing twin/networks/lanjing

docs:
	$(IN) .ci/venv docs && NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --quiet --strict

# The pictures of the manual, drawn without a display.
pictures:
	$(IN) .ci/venv view && $(PY) docs/pictures.py $(CITY)

# Brings the translations up to what the code says, and compiles them.
messages:
	$(IN) .ci/venv test && $(PY) .ci/messages.py

clean:
	$(IN) rm -rf "$(VENV)" .engines build dist runs .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache && find . -name __pycache__ -type d -prune -exec rm -rf {} +
