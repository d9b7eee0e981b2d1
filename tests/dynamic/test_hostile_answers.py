"""A server may send any JSON. The ID always reaches the state, for any other values in the answer.

The tests use real HTTP, the provider, and the SDK's own sending and reading.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime import rpc

from pulumi_opsmanager.api.models import ChildJob, Job
from pulumi_opsmanager.dynamic.job import LogCollectionJobProvider
from pulumi_opsmanager.dynamic.reporter import kept
from pulumi_opsmanager.dynamic.values import PLACEHOLDERS, SIGNATURE
from tests.dynamic.test_host import Host
from tests.support import JOB, PROJECT, ROOT, Heard, job_request, running

SAMPLE = json.loads((ROOT / "tests" / "wire" / "get_one_verbose.json").read_text())["body"]

# As in a body: much of it is JSON that Python would not write.
RAW = [
    *(r'"\ud83d"', r'"\udc00\ud83d"', r'"\u0000"', r'"\u001b[2J"', '"\ufeff"', f'"{"x" * 20_000}"', '""'),
    *("9007199254740993", "-1", "1" + "0" * 400, "9" * 5000, "1e400", "-1e400", "NaN", "Infinity", "1e-400", "0.5"),
    *("null", "true", "{}", "[]", "[[]]", "[null]", "[" * 400 + "]" * 400, '{"a":' * 400 + "1" + "}" * 400),
    *(f'"{text}"' for text in (*sorted(PLACEHOLDERS), SIGNATURE, "__provider", "null", "2026-13-99T00:00:00Z")),
    *(f'{{"{SIGNATURE}": "{sort}"}}' for sort in (rpc._special_asset_sig, rpc._special_secret_sig, "other")),
]
ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)
HOSTILE = st.sampled_from(RAW) | st.text().map(json.dumps) | st.integers().map(json.dumps)
WINDOW = {"logCollectionFromDate": 1772323200000, "logCollectionToDate": 1772409600000}
JOB_FIELDS = {key: json.dumps(value) for key, value in (SAMPLE | WINDOW).items() if key != "childJobs"}
CHILD_FIELDS = {key: json.dumps(value) for key, value in SAMPLE["childJobs"][0].items()}


def written(fields: dict[str, str]) -> str:
    """A JSON object whose values are already JSON."""
    return "{" + ", ".join(f"{json.dumps(key)}: {value}" for key, value in fields.items()) + "}"


def altered(fields: dict[str, str]) -> st.SearchStrategy[dict[str, str]]:
    """Replace some values and add an unknown key; the ID stays correct."""
    keys = [key for key in (*fields, "new") if key != "id"]
    return st.dictionaries(st.sampled_from(keys), HOSTILE, max_size=4).map(lambda replaced: fields | replaced)


def answer_of(job: dict[str, str], children: str) -> bytes:
    """The body of an answer. It also fits the answer to a create."""
    return written(job | {"childJobs": children}).encode()


def everywhere(raw: str, *kept: str) -> bytes:
    """An answer with one value in all fields except some. A part of the job has failed, so its fields are stored."""
    job, child = (
        {key: value if key in kept else raw for key, value in fields.items()}
        for fields in (JOB_FIELDS, CHILD_FIELDS | {"status": json.dumps("FAILED")})
    )
    return answer_of(job, f"[{written(child)}]")


CHILDREN = st.lists(altered(CHILD_FIELDS).map(written), max_size=2).map(lambda rows: f"[{', '.join(rows)}]")
BODIES = st.builds(answer_of, altered(JOB_FIELDS), CHILDREN | HOSTILE)


@contextmanager
def speaking(body: list[bytes]) -> Iterator[str]:
    """A server that answers every request with the body in the list."""

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet, because the second one would wait for the other side

        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body[0])))
            self.end_headers()
            self.wfile.write(body[0])

        do_GET = do_POST = do_PATCH = do_PUT = handle_any

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    http.daemon_threads = True
    with running(http):
        yield f"http://127.0.0.1:{http.server_port}"


def carried(outputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs as the host sends them, and as it receives them with the next call."""
    loop = asyncio.new_event_loop()
    sent = loop.run_until_complete(rpc.serialize_properties({**outputs, "__provider": "pickle"}, {}))
    loop.close()
    assert not any(f'"{text}"' in str(sent) for text in PLACEHOLDERS)
    assert SIGNATURE not in [key for struct in (sent, *_maps(sent)) for key in struct.fields]
    received = rpc.deserialize_properties(struct_pb2.Struct.FromString(sent.SerializeToString()))
    assert isinstance(received, dict)
    return received


def _maps(struct: Any) -> Iterator[Any]:
    for value in struct.fields.values():
        for inner in (value.struct_value, *(item.struct_value for item in value.list_value.values)):
            if inner.fields:
                yield inner
                yield from _maps(inner)


def test_every_field_of_the_wire_is_altered() -> None:
    """A field that is added to a model must be in the sample too."""
    named = {field.alias for model in (Job, ChildJob) for field in model.model_fields.values()}
    assert named <= {*JOB_FIELDS, *CHILD_FIELDS, "childJobs"}


def job_at(url: str) -> Host:
    """The provider of jobs, configured for a server."""
    keys = {"baseUrl": url, "publicKey": "public", "privateKey": "private", "projectId": PROJECT}
    return Host(LogCollectionJobProvider, {f"opsmanager:{key}": value for key, value in keys.items()})


@pytest.mark.usefixtures("no_engine")
def test_half_of_a_surrogate_pair_is_replaced_in_the_state() -> None:
    """The rest of the message is readable."""
    child = CHILD_FIELDS | {"status": '"FAILED"', "errorMessage": r'"cannot read \ud83d"'}
    with speaking([answer_of(JOB_FIELDS, f"[{written(child)}]")]) as url:
        job = job_at(url)
        _, outputs = job.create(job.check(job_request())[0])
    assert carried(outputs)["failedChildJobs"][0]["errorMessage"] == "cannot read \ufffd"


@pytest.mark.usefixtures("no_engine")
def test_no_answer_loses_the_id() -> None:
    """Create, diff and the update that restarts: each time the outputs can be sent, stored and read again."""
    body = [b""]
    with speaking(body) as url:
        job = job_at(url)
        inputs, _ = job.check(job_request())

        def survive(created: bytes, updated: bytes) -> None:
            body[0] = created
            job_id, outputs = job.create(inputs)
            assert job_id == JOB
            state = carried(outputs)
            assert {"resourceName", "downloadUrl"} <= set(state)
            job.diff(job_id, state, inputs, inputs)
            body[0] = updated
            state = carried(job.update(job_id, {**state, "status": "FAILURE"}, inputs))
            assert state["retries"] == 1

        for raw in RAW:
            survive(everywhere(raw, "id", "status"), everywhere(raw, "id"))
        settings(max_examples=40)(given(BODIES, BODIES)(survive))()


@pytest.mark.parametrize("value", [{1, 2}, {"a": object()}, "\ud83d", [10**400], {1: 2}, ENDLESS])
def test_output_that_cannot_be_stored_is_left_out(value: Any) -> None:
    """The others are stored with the id, and a warning names it."""
    heard = Heard()
    assert carried(kept(heard, {"file": "a", "members": value})) == {"file": "a", "__provider": "pickle"}
    (warning,) = heard.warnings
    assert warning.startswith("members is left out of the state, because it cannot be stored (")
