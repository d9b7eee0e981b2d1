from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest

from pulumi_opsmanager.dynamic.exported_state import managed_job_ids
from pulumi_opsmanager.errors import InvalidInput
from tests.support import JOB

KIND = "pulumi-python:dynamic/opsmanager:LogCollectionJob"
EXPORT = {
    "version": 3,
    "author": "Ü",
    "deployment": {
        "resources": [
            {"type": "pulumi:pulumi:Stack"},
            {"type": KIND, "id": JOB},
            {"type": KIND, "id": "f" * 24, "external": True},
        ]
    },
}

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a byte order mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16 of PowerShell": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "UTF-16 big-endian": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "UTF-16 without a byte order mark": lambda text: text.encode("utf-16-le"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "gzip of UTF-16": lambda text: gzip.compress(text.encode("utf-16")),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_managed_jobs_are_read_from_every_encoding_that_a_shell_writes(encoding: str) -> None:
    """A job that the stack only reads is not managed."""
    text = json.dumps(EXPORT, ensure_ascii=False) + "\r\n"
    assert managed_job_ids(ENCODINGS[encoding](text), "state.json") == {JOB}


@pytest.mark.parametrize("resources", [[], None])
def test_export_without_resources_manages_no_job(resources: object) -> None:
    """An empty stack has either form."""
    content = json.dumps({"deployment": {"resources": resources}}).encode()
    assert managed_job_ids(content, "state.json") == frozenset()


NOT_JSON = "it is not JSON, or it is encrypted or truncated"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "it is empty"),
        (b"age-encryption.org/v1\n\xff\x00", NOT_JSON),
        (b'{"version": 3, "deploy', NOT_JSON),
        (b"[" * 100_000, NOT_JSON),
        (b"\x1f\x8b\x08\x00half", "its gzip data is damaged"),
        (b"\x1f\x8b\x01\x00half", "its gzip data is damaged"),
        (gzip.compress(b"{}", mtime=0)[:-9], "its gzip data is damaged"),
        (b"[]", "it is JSON without a deployment"),
        (b"{}", "it is JSON without a deployment"),
        (b'{"deployment": null}', "it is JSON without a deployment"),
        (b'{"version": 3, "checkpoint": {"latest": {"resources": []}}}', "it is JSON without a deployment"),
        (b'{"deployment": {"resources": [{"id": "x"}]}}', "one of its resources has no id or type"),
        (
            b'{"deployment": {"resources": [{"type": "pulumi-python:dynamic/opsmanager:LogCollectionJob"}]}}',
            "one of its resources has no id or type",
        ),
        (b'{"deployment": {"resources": ["x"]}}', "one of its resources has no id or type"),
        (b'{"deployment": {"resources": [1]}}', "one of its resources has no id or type"),
    ],
)
def test_content_that_is_not_an_export_is_refused_with_the_reason(content: bytes, problem: str) -> None:
    """If it counted as an empty state, every job of the project would be listed as an orphan."""
    with pytest.raises(InvalidInput) as refused:
        managed_job_ids(content, "state.json")
    assert str(refused.value) == (
        f"state.json is not a stack export: {problem}; `pulumi stack export --file FILE` writes one"
    )
