"""The emulator against the vendor's samples and a client that is not ours."""

from __future__ import annotations

import io
import json
import re
import tarfile
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
import requests.auth

from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind, after_reads, after_seconds
from tests.emulator.asking import JOBS, ask, made
from tests.support import JOB, FakeClock, job_request

WIRE = Path(__file__).parents[1] / "wire"


def sample(name: str) -> Any:
    return json.loads((WIRE / f"{name}.json").read_text())["body"]


def shape(value: Any) -> Any:
    """Keys and types, without values."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in sorted(value.items())}
    return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__


def test_answers_have_the_shape_of_the_samples(server: Emulator) -> None:
    """Create, get-one, list, not-found and challenge: the same keys and types as the vendor's."""
    window = {key: sample("create_request")[key] for key in ("logCollectionFromDate", "logCollectionToDate")}
    created = ask(server, "POST", JOBS, {k: v for k, v in sample("create_request").items() if k not in window})
    assert shape(created.json) == shape(sample("create_response"))
    one = ask(server, "GET", f"{JOBS}/{created.json['id']}?verbose=true")
    assert shape(one.json) == shape(sample("get_one_verbose"))
    assert {key: one.json[key] for key in ("logTypes", "redacted", "resourceName", "resourceType")} == {
        key: sample("get_one_verbose")[key] for key in ("logTypes", "redacted", "resourceName", "resourceType")
    }
    assert shape(ask(server, "GET", JOBS).json) == shape(sample("list"))
    missing = ask(server, "GET", f"{JOBS}/{JOB}")
    assert (missing.status, missing.json) == (404, sample("not_found"))
    refused = ask(server, "GET", JOBS, with_keys=False)
    assert (refused.status, refused.json) == (401, sample("unauthorized"))
    project = JOBS.removesuffix("/logCollectionJobs")
    clusters = ask(server, "GET", f"{project}/clusters").json
    typed = {
        entry["typeName"]: shape(entry)
        for entry in clusters["results"]
        if "shardName" in entry or "rs0" not in entry.values()
    }
    assert typed == {entry["typeName"]: shape(entry) for entry in sample("clusters")["results"]}
    assert clusters.keys() == sample("clusters").keys()
    assert shape(ask(server, "GET", f"{project}/automationStatus").json) == shape(sample("automation_status"))
    ranged = ask(server, "POST", JOBS, sample("create_request"))
    assert (
        ask(server, "GET", f"{JOBS}/{ranged.json['id']}").json | window
        == ask(server, "GET", f"{JOBS}/{ranged.json['id']}").json
    )


@pytest.mark.parametrize(("public", "private"), [("emulator", "wrong"), ("wrong", "emulator-private-key")])
def test_wrong_keys_are_challenged_again(server: Emulator, public: str, private: str) -> None:
    """A wrong user and a wrong password are refused."""
    auth = requests.auth.HTTPDigestAuth(public, private)
    assert requests.get(server.url + JOBS, auth=auth, timeout=5).status_code == 401


def test_challenge_is_exactly_the_vendors(server: Emulator) -> None:
    """Realm, empty domain, MD5, qop, no opaque."""
    header = ask(server, "GET", JOBS, with_keys=False).headers["WWW-Authenticate"]
    assert re.fullmatch(
        r'Digest realm="MMS Public API", domain="", nonce="[A-Za-z0-9+/=]+", algorithm=MD5, qop="auth", stale=false',
        header,
    )


def test_pretty_and_envelope(server: Emulator) -> None:
    """Indented JSON has a space before the colon. Single entities and lists have different envelopes."""
    job_id = made(server)
    pretty = ask(server, "GET", f"{JOBS}/{job_id}?pretty=true").body.decode()
    assert f'  "id" : "{job_id}"' in pretty
    single = ask(server, "GET", f"{JOBS}/{job_id}?envelope=true").json
    assert (single["status"], single["content"]["id"]) == (200, job_id)
    many = ask(server, "GET", f"{JOBS}?envelope=true").json
    assert (many["status"], many["results"][0]["id"]) == (200, job_id)


def test_pages_are_newest_first_and_linked(server: Emulator) -> None:
    """Only existing pages have a link. The total counts all entries."""
    ids = [made(server) for _ in range(5)]
    pages = [ask(server, "GET", f"{JOBS}?itemsPerPage=2&pageNum={number}").json for number in (1, 2, 3)]
    assert [job["id"] for page in pages for job in page["results"]] == ids[::-1]
    assert [[link["rel"] for link in page["links"]] for page in pages] == [
        ["self", "next"],
        ["self", "previous", "next"],
        ["self", "previous"],
    ]
    assert {page["totalCount"] for page in pages} == {5}


@pytest.mark.parametrize(
    ("body", "code", "parameters"),
    [
        (b"{", "MALFORMED_JSON", []),
        ([], "INVALID_JSON", []),
        ({"retention": 3}, "INVALID_ATTRIBUTE", ["retention"]),
        ({"redacted": "no"}, "INVALID_ATTRIBUTE", ["redacted"]),
        ({"sizeRequestedPerFileBytes": 0}, "INVALID_LOG_REQUEST_SIZE", []),
        ({"sizeRequestedPerFileBytes": True}, "INVALID_ATTRIBUTE", ["sizeRequestedPerFileBytes"]),
        ({"logTypes": []}, "INVALID_LOG_REQUEST_TYPES", []),
        ({"logTypes": ["SYSLOG"]}, "INVALID_ENUM_VALUE", ["SYSLOG"]),
        ({"resourceType": "SHARD"}, "INVALID_ENUM_VALUE", ["SHARD"]),
        ({"logCollectionFromDate": 1}, "MISSING_ATTRIBUTE", ["logCollectionToDate"]),
        ({"logCollectionFromDate": 2, "logCollectionToDate": 1}, "START_DATE_AFTER_END_DATE", []),
        ({"logCollectionFromDate": "x", "logCollectionToDate": 1}, "INVALID_ATTRIBUTE", ["logCollectionFromDate"]),
    ],
)
def test_refused_create(server: Emulator, body: Any, code: str, parameters: list[str]) -> None:
    """Unknown, missing and wrong attributes are refused with the vendor's code, and no job is made."""
    answer = ask(server, "POST", JOBS, job_request(**body) if isinstance(body, dict) else body)
    assert (answer.status, answer.json["errorCode"], answer.json["parameters"]) == (400, code, parameters)
    assert server.job_ids == []


@pytest.mark.parametrize("key", job_request())
def test_missing_attribute_is_named(server: Emulator, key: str) -> None:
    """All five attributes are required."""
    answer = ask(server, "POST", JOBS, {name: value for name, value in job_request().items() if name != key})
    assert (answer.json["errorCode"], answer.json["parameters"]) == ("MISSING_ATTRIBUTE", [key])


@pytest.mark.parametrize("kind", ["replicaset", "REPLICA_SET", "ReplicaSet", "cluster", "PROCESS"])
def test_resource_types_are_accepted_in_any_case(server: Emulator, kind: str) -> None:
    """Live servers accept them too."""
    assert ask(server, "GET", f"{JOBS}/{made(server, resourceType=kind)}").json["resourceType"] == kind.lower().replace(
        "_", ""
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/public/v1.0/groups/xyz/logCollectionJobs", 404, "INVALID_GROUP_ID"),
        ("GET", f"/api/public/v1.0/groups/{'a' * 24}/logCollectionJobs", 401, "NOT_IN_GROUP"),
        ("GET", f"{JOBS}/xyz", 404, "INVALID_LOG_COLLECTION_JOB_ID"),
        ("DELETE", f"{JOBS}/{JOB}", 404, "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP"),
        ("GET", f"{JOBS}?pageNum=0", 400, "INVALID_QUERY_PARAMETER"),
        ("GET", f"{JOBS}?itemsPerPage=501", 400, "INVALID_QUERY_PARAMETER"),
        ("GET", f"{JOBS}?verbose=perhaps", 400, "INVALID_QUERY_PARAMETER"),
        ("GET", f"{JOBS}/{JOB}?pretty=perhaps", 400, "INVALID_QUERY_PARAMETER"),
        ("POST", f"{JOBS}?envelope=perhaps", 400, "INVALID_QUERY_PARAMETER"),
        ("GET", "/api/public/v1.0/elsewhere", 404, "RESOURCE_NOT_FOUND"),
    ],
)
def test_refused_request(server: Emulator, method: str, path: str, status: int, code: str) -> None:
    """Each check has its own status and code, and nothing is done. An unknown route is a 404."""
    answer = ask(server, method, path)
    assert (answer.status, answer.json["errorCode"]) == (status, code)
    assert server.job_ids == []


def test_malformed_query_gets_the_challenge_first(server: Emulator) -> None:
    """A malformed `pretty` does not hide the challenge."""
    answer = ask(server, "GET", f"{JOBS}?pretty=perhaps", with_keys=False)
    assert (answer.status, answer.json.get("errorCode")) == (401, None)


def test_expiry_moves_within_its_limits() -> None:
    """The expiry is later than now and at most six months after the creation. An expired job has no other expiry."""
    clock = FakeClock(datetime(2026, 3, 2, 9, 15, 40, tzinfo=timezone.utc))
    with Emulator(now=clock.now) as server:
        job = f"{JOBS}/{made(server)}"
        for date, code in [
            ("2026-03-02T09:15:40Z", "EXPIRATION_DATE_MUST_BE_IN_FUTURE"),
            ("2026-09-02T09:15:41Z", "EXPIRATION_DATE_TOO_DISTANT"),
            ("2026-05-01T00:00:00.5Z", "FRACTIONAL_TIMESTAMP"),
            ("tomorrow", "INVALID_ATTRIBUTE"),
            (3, "INVALID_ATTRIBUTE"),
        ]:
            assert ask(server, "PATCH", job, {"expirationDate": date}).json["errorCode"] == code
        assert ask(server, "PATCH", job, {"status": "SUCCESS"}).json["errorCode"] == "ATTRIBUTE_READ_ONLY"
        assert ask(server, "PATCH", job, {}).json["errorCode"] == "MISSING_ATTRIBUTE"
        done = ask(server, "PATCH", job, {"expirationDate": "2026-09-02T09:15:40Z"})
        assert (done.status, done.body) == (200, b"")
        clock.sleep(200 * 86400)
        assert ask(server, "GET", job).json["status"] == "EXPIRED"
        late = ask(server, "PATCH", job, {"expirationDate": "2026-09-02T09:15:40Z"})
        assert (late.status, late.json["errorCode"]) == (403, "CANNOT_EXTEND_EXPIRED_JOB")
        assert ask(server, "GET", f"{job}/download").json["errorCode"] == "CANNOT_DOWNLOAD_EXPIRED_JOB"


def test_pace_by_reads_and_by_seconds(clock: FakeClock) -> None:
    """A job is in progress for a number of answers, or for some time. A retry starts from the beginning."""
    with Emulator(pace=after_reads(2)) as server:
        job = f"{JOBS}/{made(server)}"
        statuses = [ask(server, "GET", job).json["status"] for _ in range(3)]
        assert statuses == ["IN_PROGRESS", "IN_PROGRESS", "SUCCESS"]
    with Emulator(pace=after_seconds(60), now=clock.now) as server:
        job_id = made(server)
        assert ask(server, "GET", f"{JOBS}/{job_id}").json["status"] == "IN_PROGRESS"
        assert ask(server, "GET", f"{JOBS}/{job_id}/download").json["errorCode"] == "CANNOT_DOWNLOAD_JOB_IN_PROGRESS"
        clock.sleep(60)
        assert ask(server, "GET", f"{JOBS}/{job_id}").json["status"] == "SUCCESS"
        assert ask(server, "PUT", f"{JOBS}/{job_id}/retry").json["errorCode"] == "ONLY_FAILED_JOB_CAN_BE_RESTARTED"
        server.set_status(job_id, "FAILURE")
        assert ask(server, "PUT", f"{JOBS}/{job_id}/retry").body == b""
        assert ask(server, "GET", f"{JOBS}/{job_id}").json["status"] == "IN_PROGRESS"


def test_old_nonce_is_answered_as_stale(clock: FakeClock) -> None:
    """The 401 has stale=true and a new nonce. A client that uses the new nonce is accepted."""
    with Emulator(now=clock.now, behaviour=Behaviour(nonce_life=timedelta(seconds=10))) as server:
        session = requests.Session()
        session.auth = requests.auth.HTTPDigestAuth(server.public_key, server.private_key)
        assert session.get(server.url + JOBS, timeout=5).status_code == 200
        clock.sleep(11)
        answer = session.get(server.url + JOBS, timeout=5)
        assert answer.status_code == 200
        assert "stale=true" in answer.history[0].headers["WWW-Authenticate"]
        session.close()


@pytest.mark.parametrize(
    ("kind", "name", "members"),
    [
        (
            "REPLICASET",
            "rs0",
            {"rs0-0.example.net/27017/mongodb/mongodb.log", "rs0-2.example.net/27017/ftdc/metrics.interim"},
        ),
        ("PROCESS", "db1.example.net:27020", {"db1.example.net/27020/mongodb/mongodb.log"}),
        ("CLUSTER", "shop", {"shop-shard-1-2.example.net/shop-shard-1/27018/mongodb/mongodb.log"}),
    ],
)
def test_archive_has_the_documented_layout(server: Emulator, kind: str, name: str, members: set[str]) -> None:
    """It is a real tar in a real gzip, with one file of the requested size for each part."""
    job_id = made(
        server, resourceType=kind, resourceName=name, logTypes=["MONGODB", "FTDC"], sizeRequestedPerFileBytes=5000
    )
    answer = ask(server, "GET", f"{JOBS}/{job_id}/download")
    assert answer.headers["Content-Type"] == "application/gzip"
    assert f"mongodb-logfiles_{name}_" in answer.headers["Content-Disposition"]
    with tarfile.open(fileobj=io.BytesIO(answer.body), mode="r:gz") as archive:
        assert members <= set(archive.getnames())
        assert {member.size for member in archive} == {5000}


def test_archive_of_a_failed_job_lacks_the_failed_parts(server: Emulator) -> None:
    """The other parts are complete."""
    job_id = made(server)
    whole = ask(server, "GET", f"{JOBS}/{job_id}/download").body
    server.set_status(job_id, "FAILURE")
    partial = ask(server, "GET", f"{JOBS}/{job_id}/download").body
    names = []
    for packed in (whole, partial):
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
            names.append(archive.getnames())
    assert set(names[0]) - set(names[1]) == {"rs0-0.example.net/27017/ftdc/metrics.interim"}


def test_control_routes_need_no_key(server: Emulator) -> None:
    """The routes are the log, forced statuses and the reset."""

    def call(method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        request = urllib.request.Request(f"{server.url}/_emulator{path}", data=body, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    job_id = made(server)
    logged = json.loads(call("GET", "/requests")[1])["requests"]
    assert [(entry["method"], entry["path"], entry["query"], entry["status"]) for entry in logged] == [
        ("POST", JOBS, "", 401),
        ("POST", JOBS, "", 201),
    ]
    assert call("PUT", f"/jobs/{job_id}", b'{"status": "FAILURE"}')[0] == 204
    assert ask(server, "GET", f"{JOBS}/{job_id}").json["status"] == "FAILURE"
    assert call("PUT", f"/jobs/{job_id}", b'{"status": null}')[0] == 204
    assert ask(server, "GET", f"{JOBS}/{job_id}").status == 404
    assert call("PUT", f"/jobs/{job_id}", b'{"status": "SUCCESS"}')[0] == 404
    assert call("PUT", f"/jobs/{job_id}", b"{}")[0] == 400
    made(server)
    assert call("POST", "/reset")[0] == 204
    assert server.job_ids == []
    assert server.requests == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"route": "get", "kind": "html"}, 204),
        ({"route": "get", "kind": "stall", "times": 2, "seconds": 0.5, "after_bytes": 10}, 204),
        ({"route": "get", "kind": "html", "skip": 0}, 204),
        ({"route": "get"}, 400),
        ({"kind": "html"}, 400),
        ({"route": "get", "kind": "fire"}, 400),
        ({"route": "create", "kind": "vanish"}, 400),
        ({"route": "get", "kind": "html", "times": -1}, 400),
        ({"route": "get", "kind": "html", "times": "2"}, 400),
        ({"route": "get", "kind": "html", "seconds": True}, 400),
        ({"route": "get", "kind": "html", "seconds": 10**400}, 400),
        ({"route": "get", "kind": {}}, 400),
        ({"route": "get", "kind": "html", "size": 1}, 400),
    ],
)
def test_faults_are_planned_from_another_process(server: Emulator, body: dict[str, object], status: int) -> None:
    """A malformed fault is refused, and plans nothing."""
    request = urllib.request.Request(f"{server.url}/_emulator/faults", data=json.dumps(body).encode())  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
            answered = response.status
    except urllib.error.HTTPError as error:
        with error:
            answered = error.code
    assert answered == status
    job_id = made(server)
    is_hit = ask(server, "GET", f"{JOBS}/{job_id}").body.startswith(b"<") if body.get("kind") == "html" else False
    assert is_hit is (status == 204 and body["kind"] == "html")


def test_job_appears_in_the_list_late(clock: FakeClock) -> None:
    """A GET finds it at once. The list shows it after the delay."""
    with Emulator(now=clock.now, behaviour=Behaviour(list_delay=lambda: timedelta(seconds=20))) as server:
        job_id = made(server)
        assert ask(server, "GET", f"{JOBS}/{job_id}").status == 200
        assert ask(server, "GET", JOBS).json["totalCount"] == 0
        clock.sleep(20)
        assert ask(server, "GET", JOBS).json["totalCount"] == 1


@pytest.mark.parametrize("has_retry_after", [True, False])
def test_rate_limit_counts_all_requests_of_a_clock_window(clock: FakeClock, has_retry_after: bool) -> None:
    """Beyond the limit every route answers 429 until the next window, with or without `Retry-After`."""
    behaviour = Behaviour(rate_limit=2, rate_window=timedelta(seconds=10), has_retry_after=has_retry_after)
    clock.sleep(10 - clock.now().timestamp() % 10)
    clock.sleep(3)
    with Emulator(now=clock.now, behaviour=behaviour) as server:
        job_id = made(server)
        assert [ask(server, "GET", JOBS).status for _ in range(2)] == [200, 429]
        refused = ask(server, "DELETE", f"{JOBS}/{job_id}")
        assert (refused.json["errorCode"], refused.json["parameters"]) == ("RATE_LIMITED", ["logs", 2, 1])
        assert refused.headers.get("Retry-After") == ("7" if has_retry_after else None)
        clock.sleep(7)
        assert ask(server, "DELETE", f"{JOBS}/{job_id}").status == 200


def test_job_vanishes_and_nonce_is_stale_on_demand(server: Emulator) -> None:
    """A vanished job is a 404. A stale nonce is a 401, and the next answer is right."""
    job_id = made(server)
    server.fail("get", FaultKind.STALE_NONCE)
    stale = ask(server, "GET", f"{JOBS}/{job_id}")
    assert stale.status == 200
    assert [entry["status"] for entry in server.requests if entry["method"] == "GET"] == [401, 401, 200]
    server.fail("delete", FaultKind.VANISH)
    assert ask(server, "DELETE", f"{JOBS}/{job_id}").status == 404
    assert server.job_ids == []


def test_emulator_has_no_url_before_its_start() -> None:
    """A test that reads it too early gets a RuntimeError."""
    with pytest.raises(RuntimeError, match="not running"):
        _ = Emulator().url
