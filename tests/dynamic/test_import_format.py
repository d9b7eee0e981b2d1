from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_opsmanager.dynamic.import_format import ImportedJob, import_content, program_of
from tests.support import JOB


def job(name: str, arguments: Mapping[str, object]) -> ImportedJob:
    """A job to import, of which only name and arguments matter."""
    return ImportedJob(JOB, name, arguments, inputs={"resourceName": "rs0"}, outputs={"status": "SUCCESS"})


def calls(text: str) -> dict[str, dict[str, Any]]:
    """Keyword arguments of each resource of a program by its name, without running the program."""
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return {
        ast.literal_eval(call.args[0]): {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
        for call in found
    }


def test_import_content_has_the_provider_in_inputs_and_outputs() -> None:
    """The engine stores both as they are, and the SDK declares the provider in both."""
    (entry,) = import_content([job("a", {})])["resources"]
    provider = entry["inputs"].pop("__provider")
    assert entry["outputs"].pop("__provider") == provider
    assert entry == {
        "type": "pulumi-python:dynamic/opsmanager:LogCollectionJob",
        "name": "a",
        "id": JOB,
        "inputs": {"resourceName": "rs0"},
        "outputs": {"status": "SUCCESS"},
    }


VALUES = st.one_of(st.text(), st.booleans(), st.integers(0, 2**53), st.lists(st.text(min_size=1), min_size=1))


@given(st.dictionaries(st.text(min_size=1), st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES)))
def test_program_declares_every_name_and_value_exactly(jobs: Mapping[str, Mapping[str, object]]) -> None:
    """Names and values may contain quotes and line breaks."""
    assert calls(program_of(job(name, arguments) for name, arguments in jobs.items())) == jobs


LOG_TYPES = ["AUTOMATION_AGENT", "BACKUP_AGENT", "FTDC", "MONGODB", "MONITORING_AGENT"]


@pytest.mark.parametrize("command", [["format", "--check"], ["check", "--select", "E4,E7,E9,F,I,W"]], ids=" ".join)
def test_program_passes_formatter_and_linter_with_default_settings(tmp_path: Path, command: list[str]) -> None:
    """Short and long lists, large numbers and every kind of quote."""
    names = ['quoted "name"', "it's", "back\\slash", "größe", "db1.example.net:27017"]
    arguments = {"log_types": LOG_TYPES, "few": ["FTDC"], "size_requested_per_file_bytes": 10**9, "redacted": True}
    program = tmp_path / "jobs.py"
    program.write_text(program_of(job(f"{name}-{JOB}", {"resource_name": name} | arguments) for name in names))
    ruff = [str(Path(sys.executable).with_name("ruff")), *command, "--isolated", str(program)]
    finished = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout
