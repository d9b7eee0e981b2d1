from __future__ import annotations

from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

PLUGIN = "pulumi_opsmanager.testing.plugin"


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A test run that has this plugin and no other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.plugins = [PLUGIN]
    return pytester


def without(pytester: pytest.Pytester, *modules: str) -> None:
    """Hide modules as if they were not installed."""
    pytester.makeconftest(f"import sys\nsys.modules |= dict.fromkeys({modules!r})\n")


def test_pytest_finds_the_plugin() -> None:
    """An installed package brings its fixtures."""
    (found,) = entry_points(group="pytest11", name="opsmanager")
    assert found.value == PLUGIN


def test_plugin_imports_no_engine_and_no_emulator(run: pytest.Pytester) -> None:
    """Every run of pytest beside the package imports it, so it must be cheap."""
    run.makepyfile(
        """
        import sys

        def test_nothing_heavy_is_there():
            heavy = {"pulumi", "flask", "werkzeug", "pydantic", "requests", "pulumi_opsmanager.emulator"}
            assert sorted(heavy & set(sys.modules)) == []
        """
    )
    run.runpytest_subprocess().assert_outcomes(passed=1)


def test_run_without_the_extra_passes(run: pytest.Pytester) -> None:
    """Other tests pass. A test with the server fails, and the message says what to install."""
    without(run, "flask")
    run.makepyfile("def test_other():\n    pass\n\ndef test_ours(opsmanager):\n    pass\n")
    finished = run.runpytest_subprocess()
    finished.assert_outcomes(passed=1, errors=1)
    finished.stdout.fnmatch_lines(["*flask is missing; the fixture needs the extra testing: *"])


def test_server_of_the_fixture_runs_and_fails_on_demand(run: pytest.Pytester) -> None:
    """Each test has an emulator of its own."""
    run.makepyfile(
        """
        import requests
        from pulumi_opsmanager.emulator import FaultKind

        def ask(server):
            url = f"{server.url}/api/public/v1.0/groups/{server.project_id}/logCollectionJobs"
            return requests.get(url, auth=requests.auth.HTTPDigestAuth(server.public_key, server.private_key))

        def test_fault(opsmanager):
            opsmanager.fail("list", FaultKind.SERVER_ERROR)
            assert [ask(opsmanager).status_code for _ in range(2)] == [500, 200]

        def test_other(opsmanager):
            assert opsmanager.requests == []
            assert ask(opsmanager).status_code == 200
        """
    )
    run.runpytest_subprocess().assert_outcomes(passed=2)


def test_missing_engine_is_a_failure_that_says_so(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that skips its tests would look successful."""
    monkeypatch.setenv("PATH", str(run.path))
    run.makepyfile("def test_ours(opsmanager_stack):\n    pass\n")
    finished = run.runpytest_subprocess()
    finished.assert_outcomes(errors=1)
    finished.stdout.fnmatch_lines(["no Pulumi engine: `pulumi` is not on PATH; install Pulumi*tools/engine/find.py*"])
    finished.stdout.no_fnmatch_line("*Errno*")
    finished.stdout.no_fnmatch_line("*During handling*")


def test_mocks_need_no_extra(run: pytest.Pytester) -> None:
    """They use the jobs of the emulator without its HTTP server."""
    without(run, "flask", "werkzeug")
    run.makepyfile(
        "def test_mocks():\n    from pulumi_opsmanager.testing import OpsManagerMocks, Stack\n    OpsManagerMocks()\n"
    )
    run.runpytest_subprocess().assert_outcomes(passed=1)


def test_fixtures_are_described(run: pytest.Pytester) -> None:
    """`pytest --fixtures` describes them."""
    printed = run.runpytest_subprocess("--fixtures", "-p", "no:cacheprovider").stdout.str()
    for name in ("opsmanager", "opsmanager_engine", "opsmanager_stack"):
        assert f"\n{name}" in printed
