# All a machine needs is a POSIX shell, make and Python 3.10 or newer; the rest installs itself.
PYTHON = python3
BIN = .venv/bin

.PHONY: demo test check format lint layers types unit chaos docs bench clean

demo: .venv/ready
	$(BIN)/python tools/demo.py

# Everything. Fails, never skips, where no engine can be had.
test: lint layers types
	$(BIN)/python tools/engine/find.py
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 2 --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# The fast part, without the engine.
check: lint layers types unit

format: .venv/ready
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

layers: .venv/ready
	$(BIN)/lint-imports

types: .venv/ready
	$(BIN)/mypy
	for example in examples/*; do MYPYPATH=$$example $(BIN)/mypy $$example/__main__.py || exit 1; done

unit: .venv/ready
	$(BIN)/pytest -q -n 2 --ignore tests/engine

# Creates under faults at random points, one round for each seed from SEED on.
SEED = 1
ROUNDS = 10
chaos: .venv/ready
	$(BIN)/python tools/engine/find.py
	$(BIN)/pytest -q -n 2 tests/engine/test_chaos.py --chaos-seed $(SEED) --chaos-rounds $(ROUNDS)

# Every figure in one run, against what people use today; writes results, plots and the page's tables.
bench: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group bench
	$(BIN)/python -m benchmarks

# The tests without the engine, with the lowest versions that pyproject.toml allows.
minimal: .venv/ready
	$(BIN)/python tools/minimal.py

# Looks up withdrawn versions and known vulnerabilities; fails where the advisories cannot be had.
audit: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group audit
	$(BIN)/python tools/audit.py

# Writes the generated tables into README and reference.
docs: .venv/ready
	$(BIN)/python tools/tables.py

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "error: Python 3.10 or newer is needed; name it: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[emulator]' --group dev
	touch $@

clean:
	rm -rf .venv dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
