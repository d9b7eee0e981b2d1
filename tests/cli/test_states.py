"""The states that commands read, in every form and encoding."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_opsmanager.cli.states import managed_job_ids
from pulumi_opsmanager.errors import InvalidInput
from pulumi_opsmanager.lifecycle import kinds
from pulumi_opsmanager.plugin.package import token_of
from tests.support import JOB

OURS = {"type": "opsmanager_log_collection_job", "mode": "managed"}

STATES: dict[str, dict[str, Any]] = {
    "pulumi stack export": {
        "version": 3,
        "author": "Ü",
        "deployment": {"resources": [{"type": "pulumi-python:dynamic/opsmanager:LogCollectionJob", "id": JOB}]},
    },
    "pulumi stack export of another language": {
        "version": 3,
        "author": "Ü",
        "deployment": {"resources": [{"type": token_of(kinds.JOB), "id": JOB}]},
    },
    "terraform state pull": {
        "version": 4,
        "outputs": {"author": {"value": "Ü"}},
        "resources": [OURS | {"instances": [{"attributes": {"id": JOB}}]}],
    },
    "terraform show -json": {
        "format_version": "1.0",
        "values": {"outputs": {"author": "Ü"}, "root_module": {"resources": [OURS | {"values": {"id": JOB}}]}},
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
@pytest.mark.parametrize("state", STATES)
def test_managed_jobs_are_read_from_every_encoding_that_a_shell_writes(state: str, encoding: str) -> None:
    """The keys of the JSON say which command wrote it."""
    text = json.dumps(STATES[state], ensure_ascii=False) + "\r\n"
    assert managed_job_ids(ENCODINGS[encoding](text), "state.json") == {JOB}


NOT_JSON = "it is not JSON, or it is encrypted or truncated"
OTHER = "it is JSON of another kind"
BROKEN = "one of its resources has no id or type"


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
        (b"[]", OTHER),
        (b"{}", OTHER),
        (b'{"format_version": "1.2", "planned_values": {}}', OTHER),
        (b'{"deployment": {"resources": [{"id": "x"}]}}', BROKEN),
        (b'{"deployment": {"resources": ["x"]}}', BROKEN),
        (b'{"version": 4, "resources": [1]}', BROKEN),
        (b'{"format_version": "1.0", "values": {"root_module": []}}', BROKEN),
    ],
)
def test_content_that_is_not_a_state_is_refused_with_the_reason(content: bytes, problem: str) -> None:
    """If it counted as an empty state, every job of the project would be listed as an orphan."""
    with pytest.raises(InvalidInput) as refused:
        managed_job_ids(content, "state.json")
    assert str(refused.value) == (
        f"state.json is not a state: {problem}; `pulumi stack export --file FILE` or "
        "`terraform state pull > FILE` writes one"
    )
