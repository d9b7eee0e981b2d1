"""The Go SDK, and the Go examples with it."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.languages.conftest import run
from tests.support import ROOT
from tools.engine import find

EXAMPLES = ROOT / "examples" / "languages" / "go"
SDK = "example.com/pulumi-opsmanager/sdk/go/opsmanager"


def test_go_examples_compile_with_the_generated_sdk(go: str, sdks: Path, tmp_path: Path) -> None:
    """The SDK compiles completely, with Pulumi's SDK of the engine's version."""
    sdk = sdks / "go" / "opsmanager"
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    for folder, module in ((sdk, SDK), (tmp_path / "examples", "examples")):
        run([go, "mod", "init", module], folder)
        run([go, "mod", "edit", f"-require=github.com/pulumi/pulumi/sdk/v3@v{find.VERSION}"], folder)
    run([go, "mod", "edit", f"-require={SDK}@v0.0.0", f"-replace={SDK}={sdk}"], tmp_path / "examples")
    for folder in (sdk, tmp_path / "examples"):
        run([go, "mod", "tidy"], folder)
        run([go, "vet", "./..."], folder)
    # A program that does not match the SDK is refused.
    program = tmp_path / "examples" / "job" / "main.go"
    program.write_text(program.read_text().replace("ResourceName:", "ResourceTitle:"))
    try:
        run([go, "vet", "./..."], tmp_path / "examples")
    except AssertionError as error:
        assert "ResourceTitle" in str(error)  # noqa: PT017  the message of the compiler
    else:
        raise AssertionError("a wrong program compiles")
