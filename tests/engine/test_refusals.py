"""What people read when something is wrong, through the real engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind
from tests.engine.stack import Refused, Stack, job, jobs
from tests.support import canned

NewStack = Callable[..., Stack]

# Each row is one job; each of its inputs breaks one rule: input, property path, rule.
BAD_JOBS = [
    [
        ("resource_type='REPLICA'", "resourceType", "must be one of CLUSTER, PROCESS, REPLICASET"),
        ("resource_name=''", "resourceName", "must not be empty"),
        ("log_types=[]", "logTypes", "must not be empty"),
        ("size_requested_per_file_bytes=0", "sizeRequestedPerFileBytes", "must be more than 0"),
        ("redacted='perhaps'", "redacted", "must be true or false"),
        ("project_id='66F2A41B9D3C5E0012AB34CD'", "projectId", "must be 24 lower-case hex digits"),
        ("max_retries=-1", "maxRetries", "must be at least 0"),
        ("expiration_date='tomorrow'", "expirationDate", "must be an RFC 3339 date and time with a zone"),
        ("log_collection_from_date='2026-03-01T00:00:00Z'", "logCollectionToDate", "give both or none"),
    ],
    [
        ("log_types=['FTDC', 'mongo']", "logTypes[1]", "MONGODB, MONITORING_AGENT, not 'mongo'"),
        ("size_requested_per_file_bytes=2**54", "sizeRequestedPerFileBytes", "must be at most 9007199254740992"),
        ("redacted=None", "redacted", "is required"),
        ("max_retries=0.5", "maxRetries", "must be a whole number"),
        ("expiration_date=datetime.datetime(2099, 1, 1)", "expirationDate", "with a zone"),
        (
            "log_collection_from_date='2026-03-02T00:00:00Z', log_collection_to_date='2026-03-01T00:00:00Z'",
            "logCollectionToDate",
            "must be later than logCollectionFromDate",
        ),
    ],
    [("expiration_date='2020-01-01T00:00:00Z'", "expirationDate", "must be in the future (it is 2")],
    [("expiration_date='2099-01-01T00:00:00Z'", "expirationDate", "6 months after the job's creation")],
]


@pytest.mark.parametrize("bad", BAD_JOBS)
def test_all_bad_inputs_of_a_job_are_told_at_once(
    new_stack: NewStack, server: Emulator, bad: list[tuple[str, str, str]]
) -> None:
    """One preview tells every broken rule with its property path, and sends nothing."""
    stack = new_stack(job(", ".join(changes for changes, _, _ in bad)))
    with pytest.raises(Refused) as refused:
        stack.preview()
    told = [line for line in str(refused.value).splitlines() if " has a problem: " in line]
    assert len(told) == len(bad)
    for _, path, rule in bad:
        assert any(f"resource 'logs': property {path} " in line and rule in line for line in told), path
    assert server.requests == []


def test_changed_expiry_beyond_the_limit_is_refused_at_preview(new_stack: NewStack) -> None:
    """The limit counts from the creation of the job that exists, and is named."""
    stack = new_stack(job())
    stack.up()
    stack.program(job("expiration_date='2099-01-01T00:00:00Z'"))
    with pytest.raises(Refused, match=r"expirationDate 2099-01-01T00:00:00Z must be at most 20\d\d-.*6 months after"):
        stack.preview()


def test_missing_settings_are_told_together_with_the_ways_to_give_them(new_stack: NewStack) -> None:
    """One error lists everything that is missing, and the bad input beside it is told too."""
    stack = new_stack(
        job("resource_name=''"),
        OPSMANAGER_BASE_URL="om.example.net",
        OPSMANAGER_PUBLIC_KEY=None,
        OPSMANAGER_PRIVATE_KEY=None,
        OPSMANAGER_PROJECT_ID=None,
        OPSMANAGER_CA_FILE="/does/not/exist",
    )
    with pytest.raises(Refused) as refused:
        stack.preview()
    told = next(line for line in str(refused.value).splitlines() if "settings of Ops Manager" in line)
    for part in (
        "baseUrl must be a URL of the form https://host:port, not 'om.example.net'",
        "caFile '/does/not/exist' cannot be read",
        "publicKey, privateKey, projectId missing",
        "pulumi config set [--secret] opsmanager:KEY VALUE",
        "OPSMANAGER_PUBLIC_KEY",
        "Provider",
    ):
        assert part in told
    assert len(told) < 700
    assert "must not be empty" in str(refused.value)


def assert_short_and_plain(message: str) -> None:
    """One or two lines under 600 characters, and no frames."""
    errors = [line for line in message.splitlines() if "opsmanager" in line]
    assert errors
    assert all(len(line) < 600 for line in errors)
    assert "Traceback" not in message
    assert 'File "' not in message


@pytest.mark.parametrize(
    ("environment", "kind", "words"),
    [
        ({"OPSMANAGER_PRIVATE_KEY": "wrong"}, "BadCredentials", ["does not accept the key pair", "publicKey"]),
        ({"OPSMANAGER_PROJECT_ID": "a" * 24}, "NotAllowed", ["NOT_IN_GROUP", "a" * 24, "check the project id"]),
        (
            {"OPSMANAGER_BASE_URL": "http://127.0.0.1:9"},
            "Unavailable",
            ["no connection to 127.0.0.1:9", "check baseUrl"],
        ),
    ],
)
def test_wrong_server_settings_are_told_in_one_line(
    new_stack: NewStack, server: Emulator, environment: dict[str, str], kind: str, words: list[str]
) -> None:
    """Wrong key, unknown project, closed port: what failed, on what, and what to do."""
    stack = new_stack(job(), **environment)
    with pytest.raises(Refused) as refused:
        stack.up()
    message = str(refused.value)
    assert_short_and_plain(message)
    assert f"{kind}: cannot create the job for REPLICASET rs0: POST " in message
    assert all(word in message for word in words)
    assert server.job_ids == []


def test_bad_ca_file_is_told_at_preview(new_stack: NewStack, tmp_path: Path) -> None:
    """A file without a certificate is found before anything is sent."""
    (tmp_path / "ca.pem").write_text("not a certificate")
    stack = new_stack(job(), OPSMANAGER_CA_FILE=str(tmp_path / "ca.pem"))
    with pytest.raises(Refused, match="caFile '.*/ca.pem' holds no PEM certificate") as refused:
        stack.preview()
    assert_short_and_plain(str(refused.value))


def test_server_of_html_is_told_in_one_line_and_forgets_nothing(new_stack: NewStack) -> None:
    """A sign-in page is not the API: create, refresh and destroy say so, and the state stands."""
    stack = new_stack(job())
    stack.up()
    before = stack.jobs()
    with canned(b"<html>Sign in</html>", headers={"Content-Type": "text/html"}) as url:
        stack.environ(OPSMANAGER_BASE_URL=url)
        for operation in (stack.refresh, stack.destroy):
            with pytest.raises(
                Refused, match="UnexpectedResponse: .* with text/html where JSON was expected"
            ) as refused:
                operation()
            assert_short_and_plain(str(refused.value))
    assert stack.jobs() == before


@pytest.mark.parametrize("body", [b"<html>404</html>", b"{}", b'{"errorCode":"GROUP_NOT_FOUND","error":404}'])
def test_unproven_404_forgets_and_deletes_nothing(new_stack: NewStack, body: bytes) -> None:
    """A wrong base URL also says 404; only the vendor's code for our id is proof."""
    stack = new_stack(job())
    stack.up()
    before = stack.jobs()
    with canned(body, status=404) as url:
        stack.environ(OPSMANAGER_BASE_URL=url)
        for operation in (stack.refresh, stack.destroy):
            with pytest.raises(Refused):
                operation()
    assert stack.jobs() == before


def test_failed_delete_keeps_the_job_in_the_state(new_stack: NewStack, server: Emulator) -> None:
    """A page of HTML with status 200 is no deletion."""
    stack = new_stack(job())
    stack.up()
    server.fail("delete", FaultKind.HTML)
    with pytest.raises(Refused, match="UnexpectedResponse: cannot delete job"):
        stack.destroy()
    assert [stored["id"] for stored in stack.jobs()] == server.job_ids
    assert stack.destroy() == {"delete": 2}


def test_wrong_settings_at_refresh_and_destroy_lose_nothing(new_stack: NewStack, server: Emulator) -> None:
    """Whatever another server or no server says, the state and the jobs stand, and the right settings go on."""
    right = {"OPSMANAGER_BASE_URL": server.url, "OPSMANAGER_PRIVATE_KEY": server.private_key}
    stack = new_stack(jobs(["", "resource_name='rs1'"]))
    stack.up()
    stored, ids = stack.jobs(), server.job_ids
    with (
        Emulator(project_id="e" * 24) as other,
        Emulator(behaviour=Behaviour(denies="USER_UNAUTHORIZED")) as stranger,
        canned(status=302, headers={"Location": server.url}) as redirect,
    ):
        for name, value, told in [
            ("OPSMANAGER_PRIVATE_KEY", "wrong", "BadCredentials: cannot .* does not accept the key pair"),
            ("OPSMANAGER_BASE_URL", "http://127.0.0.1:9", "Unavailable: cannot .* no connection to 127.0.0.1:9"),
            ("OPSMANAGER_BASE_URL", server.url.replace("http", "https"), "InvalidSettings: .* no trusted connection"),
            ("OPSMANAGER_BASE_URL", other.url, "NotAllowed: cannot .* NOT_IN_GROUP .* check the project id"),
            ("OPSMANAGER_BASE_URL", stranger.url, "NotAllowed: cannot .* USER_UNAUTHORIZED .* needs one of the roles"),
            ("OPSMANAGER_BASE_URL", redirect, "UnexpectedResponse: cannot .* a redirect to .* it is not followed"),
        ]:
            stack.environ(**right | {name: value})
            for operation in (stack.refresh, stack.destroy):
                with pytest.raises(Refused, match=told) as refused:
                    operation()
                assert_short_and_plain(str(refused.value))
            assert (stack.jobs(), server.job_ids) == (stored, ids), told
    stack.environ(**right)
    assert stack.refresh() == stack.preview() == {}
    assert stack.destroy() == {"delete": 3}
    assert server.job_ids == []


def test_wrong_settings_in_the_configuration_are_mended_by_an_up(new_stack: NewStack, server: Emulator) -> None:
    """Refresh and destroy use the configuration of the last up, which asks no server when nothing changed."""
    stack = new_stack(job(), OPSMANAGER_BASE_URL=None)
    stack.configure("opsmanager:baseUrl", server.url)
    stack.up()
    stored = stack.jobs()
    with Emulator(project_id="e" * 24) as other:
        stack.configure("opsmanager:baseUrl", other.url)
        assert stack.up() == {}
        stack.configure("opsmanager:baseUrl", server.url)
        for operation in (stack.refresh, stack.destroy):
            with pytest.raises(Refused, match="NotAllowed: cannot .* NOT_IN_GROUP"):
                operation()
    assert stack.jobs() == stored
    assert stack.up() == stack.refresh() == {}
    assert stack.destroy() == {"delete": 2}
    assert server.job_ids == []


def test_copy_of_the_server_proves_no_absence(new_stack: NewStack, server: Emulator) -> None:
    """A restored copy has the project and denies the job; its word counts only for jobs that were seen there."""
    stack = new_stack(job())
    stack.up()
    stored = stack.jobs()
    with Emulator() as copy:
        assert copy.project_id == server.project_id
        stack.environ(OPSMANAGER_BASE_URL=copy.url)
        for operation in (stack.refresh, stack.destroy):
            with pytest.raises(Refused, match="UnexpectedResponse: .* is not at .* check baseUrl"):
                operation()
    assert stack.jobs() == stored
    stack.environ(OPSMANAGER_BASE_URL=server.url)
    assert stack.destroy() == {"delete": 2}
    assert server.job_ids == []
