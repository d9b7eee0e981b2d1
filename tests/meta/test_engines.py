"""The finders of engines: which commands they accept, what they leave in the cache, and what they report on failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import ROOT
from tools.engine import find, hosts, making, terraform
from tools.engine.making import Engine, NoEngineError

ENGINES = Path(making.__file__).parent


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only one on PATH, beside an empty cache. `go` fails there."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    command(folder / "go", "echo no Go here >&2; exit 1")
    return folder


def command(file: Path, script: str) -> Path:
    """Make a shell script."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def cached(path: Path) -> Path:
    """The path of OpenTofu in the cache."""
    return path.parent / "cache" / "pulumi-opsmanager" / "engine" / f"opentofu-{terraform.VERSION}" / "tofu"


def no_line(line: str) -> None:
    """Fail on any line, because nothing is made."""
    raise AssertionError(line)


@pytest.mark.parametrize(
    ("name", "says"), [("terraform", "Terraform v1.5.0"), ("tofu", "OpenTofu v1.6.0-dev"), ("tofu", "OpenTofu v2.0.0")]
)
def test_command_on_path_is_found_from_its_oldest_version_on(path: Path, name: str, says: str) -> None:
    """Each command has its own oldest version."""
    found = command(path / name, f"echo {says}")
    assert terraform.find_binaries(no_line) == (found,)


def test_commands_on_path_and_in_the_cache_are_found_together(path: Path) -> None:
    """Terraform comes first; an OpenTofu on PATH replaces that of the cache."""
    made = command(cached(path), "echo OpenTofu v1.12.6")
    first = command(path / "terraform", "echo Terraform v1.11.4")
    assert terraform.find_binaries(no_line) == (first, made)
    second = command(path / "tofu", "echo OpenTofu v1.8.1")
    assert terraform.find_binaries(no_line) == (first, second)


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("terraform", "echo Terraform v1.4.7"),
        ("tofu", "echo OpenTofu v1.5.9"),
        ("terraform", "echo Terraform v1.11.4; exit 1"),
        ("tofu", "echo no version"),
    ],
)
def test_unsuitable_command_is_skipped_and_the_error_says_what_to_do(path: Path, name: str, script: str) -> None:
    """The command is too old or does not run. Then a build is tried."""
    command(path / name, script)
    lines: list[str] = []
    with pytest.raises(NoEngineError) as raised:
        terraform.find_binaries(lines.append)
    assert lines == [f"OpenTofu {terraform.VERSION} is not on this machine; trying the build from Go modules"]
    assert (
        "no Terraform or OpenTofu. Any one of these gives one:\n  install Terraform 1.5 or OpenTofu 1.6, or newer"
        in str(raised.value)
    )
    assert "build from Go modules: asking go for its version failed: no Go here" in str(raised.value)


@pytest.mark.usefixtures("path")
def test_engine_is_in_place_only_when_it_runs() -> None:
    """The ways are tried in order. A failed way, or one that makes a broken engine, leaves no file."""

    def makes(script: str) -> making.Make:
        def make(root: Path, _: making.Say) -> None:
            command(root / "run", script)

        return make

    def fails(root: Path, say: making.Say) -> None:
        makes("exit 0")(root, say)
        raise NoEngineError("interrupted")

    def engine(**ways: making.Make) -> Engine:
        return Engine("Test 1", "test", lambda root: making.version_of(root / "run") == (1, 2, 3), ways, "test", ())

    lines: list[str] = []
    with pytest.raises(NoEngineError, match=r"fails: interrupted\n  broken: it made no engine that runs"):
        making.make_once(engine(fails=fails, broken=makes("exit 1")), lines.append)
    assert [file.name for file in making.cache().iterdir()] == [".lock"]
    assert making.make_once(engine(fails=fails, good=makes("echo 1.2.3")), lines.append) == making.cache() / "test"
    assert making.make_once(engine(fails=fails), no_line) == making.cache() / "test"


@pytest.mark.parametrize(
    ("module", "pin", "go"),
    [
        ("cli", f"github.com/pulumi/pulumi/pkg/v3 v{find.VERSION}", find.GO_VERSION),
        ("language-host", f"github.com/pulumi/pulumi/sdk/v3 v{find._LANGUAGE_HOST_VERSION}", None),
        (hosts.YAML.module, f"github.com/pulumi/pulumi-yaml v{hosts.YAML.version}", hosts.YAML.go),
        (hosts.NODE.module, f"github.com/pulumi/pulumi/sdk/v3 v{hosts.NODE.version}", None),
        ("sdk", f"github.com/pulumi/pulumi/pkg/v3 v{find.VERSION}", find.GO_VERSION),
        ("opentofu", f"github.com/opentofu/opentofu v{terraform.VERSION}", terraform._GO_VERSION),
    ],
)
def test_version_matches_the_go_module(module: str, pin: str, go: tuple[int, ...] | None) -> None:
    """The build makes the version that the finder names, with the Go version of its module."""
    lines = (ENGINES / module / "go.mod").read_text().splitlines()
    assert any(line.endswith(pin) for line in lines)
    assert go is None or f"go {'.'.join(map(str, go))}" in lines


def test_versions_match_the_page() -> None:
    """The page names the versions that are built."""
    page = " ".join((ROOT / "CONTRIBUTING.md").read_text().split())
    assert f"builds OpenTofu {terraform.VERSION} once" in page
    assert f"builds the YAML language host {hosts.YAML.version} once" in page


@pytest.fixture
def pulumi(path: Path) -> Path:
    """A Pulumi engine in the cache, without a language host for YAML."""
    root = path.parent / "cache" / "pulumi-opsmanager" / "engine" / f"pulumi-{find.VERSION}"
    command(root / "bin" / "pulumi", f"echo v{find.VERSION}")
    return root


def test_language_host_is_added_beside_an_engine_of_the_cache(path: Path, pulumi: Path) -> None:
    """The engine is not made again. A second call makes nothing."""
    # A Go that writes the file that it builds.
    builds = '[ "$1" = version ] && echo go1.99.0 && exit; while [ "$1" != -o ]; do shift; done; echo built > "$2"'
    command(path / "go", f'PATH=/usr/bin:/bin; {builds}; chmod +x "$2"')
    lines: list[str] = []
    engine = (pulumi / "bin" / "pulumi").stat()
    assert hosts.find_engine_with(hosts.YAML, lines.append) == pulumi
    assert lines == [
        f"YAML language host {hosts.YAML.version} is not on this machine; trying the build from Go modules",
        f"YAML language host {hosts.YAML.version} is ready in {pulumi}/bin/pulumi-language-yaml",
    ]
    assert (pulumi / "bin" / "pulumi-language-yaml").read_text() == "built\n"
    assert (pulumi / "bin" / "pulumi").stat() == engine
    assert hosts.find_engine_with(hosts.YAML, no_line) == pulumi


def test_installed_engine_keeps_its_folder(path: Path, pulumi: Path) -> None:
    """A released Pulumi on PATH has the host. An engine on PATH without one is left alone, for that of the cache."""
    installed = path.parent / "installed" / "bin"
    command(installed / "pulumi", f"echo v{find.VERSION}")
    (path / "pulumi").symlink_to(installed / "pulumi")
    lines: list[str] = []
    with pytest.raises(NoEngineError) as raised:
        hosts.find_engine_with(hosts.YAML, lines.append)
    assert "no YAML language host. Any one of these gives one:\n  install a released Pulumi" in str(raised.value)
    assert "build from Go modules: asking go for its version failed: no Go here" in str(raised.value)
    assert [file.name for file in installed.iterdir()] == ["pulumi"]
    assert sorted(file.name for file in (pulumi / "bin").iterdir()) == [".lock", "pulumi"]

    command(installed / "pulumi-language-yaml", "exit 0")
    assert hosts.find_engine_with(hosts.YAML, no_line) == installed.parent
