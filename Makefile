# Needs a POSIX shell, make, and Python 3.10 or newer. Everything else is installed.
PYTHON = python3
BIN = .venv/bin

# The tests that need an engine. The tests of generated SDKs also need the registries of npm and Go.
ENGINES = tests/engine tests/plugin_engine tests/terraform_engine
LANGUAGES = tests/languages
NO_ENGINE = $(addprefix --ignore ,$(ENGINES) $(LANGUAGES))

# With this variable, every process of a test run would compile the package and the tests again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo demo-terraform demo-incident test check format lint layers types unit test-languages chaos bench mutants minimal recipes release-check audit state generate docs clean

demo: .venv/ready
	$(BIN)/python -m tools.demo

# The same demo with Terraform or OpenTofu, whichever is installed.
demo-terraform: .venv/ready
	$(BIN)/python -m tools.demo_terraform

# Collects in an incident without a program: a host is down, and the first collection is interrupted.
demo-incident: .venv/ready
	$(BIN)/python -m tools.demo_incident

# Runs everything. Fails if an engine is missing and cannot be built. The tests of the engines have more workers than
# cores, because they wait for a fifth of their time.
test: lint layers types
	$(BIN)/python tools/engine/hosts.py
	$(BIN)/python tools/engine/terraform.py
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 3 --dist worksteal $(NO_ENGINE)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/python -m compileall -q provider
	$(BIN)/pytest -n 4 --dist worksteal $(ENGINES)

# Runs the fast checks and tests, without the engines.
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
	$(BIN)/pytest -q -n 3 --dist worksteal $(NO_ENGINE)

# Generates the TypeScript SDK and the Go SDK, compiles the examples with them, and runs the TypeScript examples through
# the real engine. Downloads packages from the registries of npm and Go.
test-languages: .venv/ready
	$(BIN)/pytest -v $(LANGUAGES)

# Runs creates under random faults, collections that are killed, and a program of 1,000 jobs. Each round has its own
# seed: SEED, SEED + 1 and so on.
SEED = 1
ROUNDS = 10
chaos: .venv/ready
	$(BIN)/python tools/engine/find.py
	$(BIN)/pytest -q -n 2 --large --chaos-seed $(SEED) --chaos-rounds $(ROUNDS) tests/engine/test_chaos.py \
		tests/terraform/test_chaos.py tests/engine/test_load.py tests/cli/test_collect_chaos.py

# Measures every figure of docs/benchmarks.md and docs/scale.md, and compares them with other tools. Writes results,
# plots and tables. Reports a missed limit, and still exits with 0. `.venv/bin/python -m benchmarks scale` measures
# docs/scale.md alone.
bench: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group bench
	$(BIN)/python -m benchmarks

# Runs the tests without the engine, with the package from a wheel and the lowest versions that pyproject.toml allows.
# Leaves out the tests of the examples' pipelines, because their linters need newer versions. Installs the test tools
# last, because they have no lower bounds. That step changes none of the lowest versions.
minimal: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group minimal
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/minimal
	$(BIN)/uv pip install --quiet --python .venv/minimal --resolution lowest-direct '.[buckets,emulator,fast,terraform]'
	$(BIN)/uv pip freeze --quiet --python .venv/minimal | grep -v pulumi-opsmanager >.venv/minimal/lowest.txt
	$(BIN)/uv pip install --quiet --python .venv/minimal --group test --constraint .venv/minimal/lowest.txt
	.venv/minimal/bin/python -m pytest -q -n 2 -p no:cacheprovider \
		$(NO_ENGINE) --ignore tests/meta/test_pipelines.py

# The commands of docs/install.md through the real engine. Poetry has no offline mode and locks for all platforms, which
# takes most of a minute: too long for `make test`.
recipes: .venv/ready
	$(BIN)/python tools/engine/find.py
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group recipes
	$(BIN)/pytest -q tests/engine/test_pages.py -k recipe --poetry

# Builds sdist and wheel into dist, and runs the README's first program from the wheel alone, with the lowest and with
# the newest versions that pyproject.toml allows.
release-check: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group release
	$(BIN)/python -m tools.release

# Looks up known vulnerabilities of the pinned versions. Fails if a version has no answer, for example with a mirror
# that lacks PyPI's advisories.
audit: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group audit
	$(BIN)/pip-audit --strict --disable-pip --no-deps --progress-spinner off --requirement constraints.txt

# Changes the rules in one place at a time. Fails if no type and no test notices a change, unless tools/mutants.txt
# lists it. ONLY='pulumi_opsmanager.lifecycle.job_plan*' limits it to one module.
ONLY =
mutants: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group mutants
	$(BIN)/python tools/mutants.py $(ONLY)

# Stores states of this release for the upgrade tests of later releases. Run it once, before the release.
state: .venv/ready
	$(BIN)/python -m tools.record_state

# Writes the fields of the schema into the resource classes, tables and programs into the pages, and the pages of the
# Terraform provider's resources and data sources.
generate: .venv/ready
	$(BIN)/python -m tools.classes
	$(BIN)/python -m tools.terraform_pages
	$(BIN)/python -m tools.tables

# Writes the site into dist/site. `python -m` lets MkDocs find the package tools. No --quiet: it turns off --strict.
docs: generate
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group docs
	$(BIN)/python -m mkdocs build --strict

# --no-compile: most installed modules are never imported, and Python compiles the others at their first import.
.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || \
		{ echo 'error: Python 3.10 or newer is needed; name it: make PYTHON=python3.12' >&2; exit 1; }
	@echo 'Installing the tools into .venv (about a minute)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt \
		--editable '.[buckets,emulator,fast,terraform]' --group dev
	touch $@

clean:
	rm -rf .venv dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .mutants
