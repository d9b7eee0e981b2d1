# All a machine needs is a POSIX shell, make and Python 3.10 or newer; the rest installs itself.
PYTHON = python3
BIN = .venv/bin

# Where it is set, every process of a test run compiles the package and the tests again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo demo-terraform demo-incident test check format lint layers types unit chaos bench mutants minimal release-check audit state generate docs clean

demo: .venv/ready
	$(BIN)/python -m tools.demo

# The same with Terraform or OpenTofu, whichever is there.
demo-terraform: .venv/ready
	$(BIN)/python -m tools.demo_terraform

# An incident without a program: collect, interrupted and with a host that is down, until all archives are verified.
demo-incident: .venv/ready
	$(BIN)/python -m tools.demo_incident

# Everything. Fails, never skips, where no engine can be had.
test: lint layers types
	$(BIN)/python tools/engine/find.py
	$(BIN)/python tools/engine/terraform.py
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 3 --dist worksteal --ignore tests/engine --ignore tests/terraform_engine
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/python -m compileall -q provider
	$(BIN)/pytest -n 2 --dist worksteal tests/engine tests/terraform_engine

# The fast part, without the engines.
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
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --pythonpath $(BIN)/python

unit: .venv/ready
	$(BIN)/pytest -q -n 3 --dist worksteal --ignore tests/engine --ignore tests/terraform_engine

# Creates under faults at random points and killed collections, one round for each seed from SEED on, and a program of
# 1,000 jobs.
SEED = 1
ROUNDS = 10
chaos: .venv/ready
	$(BIN)/python tools/engine/find.py
	$(BIN)/pytest -q -n 2 --large --chaos-seed $(SEED) --chaos-rounds $(ROUNDS) tests/engine/test_chaos.py \
		tests/terraform/test_chaos.py tests/engine/test_load.py tests/cli/test_collect_chaos.py

# Measures every figure in one run, beside what people use today; writes results, plots and the page's tables. Reports a
# missed limit, and ends 0.
bench: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group bench
	$(BIN)/python -m benchmarks

# The tests without the engine, with the package installed from a wheel and the lowest versions that pyproject.toml
# allows. Without those of the examples' pipelines: their linters have requirements of their own. The second step comes
# after the first, because the test tools have no lower bounds.
minimal: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group minimal
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/minimal
	$(BIN)/uv pip install --quiet --python .venv/minimal --resolution lowest-direct '.[buckets,emulator,terraform]'
	$(BIN)/uv pip install --quiet --python .venv/minimal --group test
	.venv/minimal/bin/python -m pytest -q -n 2 -p no:cacheprovider \
		--ignore tests/engine --ignore tests/terraform_engine --ignore tests/meta/test_pipelines.py

# Builds sdist and wheel into dist, and runs the README's first program from the wheel alone, with the lowest and with
# the newest versions that pyproject.toml allows.
release-check: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group release
	$(BIN)/python -m tools.release

# Looks up known vulnerabilities of the pinned versions. Fails also for a version without an answer, so a mirror
# without PyPI's advisories is no success.
audit: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group audit
	$(BIN)/pip-audit --strict --disable-pip --no-deps --progress-spinner off --requirement constraints.txt

# Changes the rules one place at a time; fails for a change that neither a type nor a test notices, and that is not in
# tools/mutants.txt. ONLY='pulumi_opsmanager.lifecycle.job_plan*' takes a part.
ONLY =
mutants: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group mutants
	$(BIN)/python tools/mutants.py $(ONLY)

# Stores a state that this release has made, for the upgrade tests of those to come; before the release, once.
state: .venv/ready
	$(BIN)/python -m tools.record_state

# Writes the fields of the schema into the resource classes, tables and examples' programs into the pages, and the pages
# of the Terraform provider's resources and data sources.
generate: .venv/ready
	$(BIN)/python -m tools.classes
	$(BIN)/python -m tools.terraform_pages
	$(BIN)/python -m tools.tables

# Writes the site into dist/site; as a module, MkDocs finds tools. --quiet turns off MkDocs' --strict.
docs: generate
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group docs
	$(BIN)/python -m mkdocs build --strict

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "error: Python 3.10 or newer is needed; name it: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[buckets,emulator,terraform]' --group dev
	touch $@

clean:
	rm -rf .venv dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .mutants
