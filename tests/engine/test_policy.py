"""The policy pack of `examples/policy`: through `--policy-pack`, and rule by rule with the resources of a preview."""

from __future__ import annotations

import json
import re
import shlex
import sysconfig
from collections.abc import Callable, Iterator

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.engine.packs import Pack, install, previewed, running
from tests.engine.stack import HEAD, Stack, jobs
from tests.support import PROJECT, ROOT, days_ahead

NewStack = Callable[..., Stack]

PAGE = (ROOT / "docs" / "policy.md").read_text()
OTHER = "b" * 24
KEPT = "retention_days=30"
FAR = f"expiration_date={days_ahead(100)!r}"
NEAR = f"expiration_date={days_ahead(80)!r}"

# The changes of a good job, and the rules that refuse them by default.
JOBS: list[tuple[str, list[str]]] = [
    (KEPT, []),
    (f"{KEPT}, redacted=False", ["redaction"]),
    (f"{KEPT}, size_requested_per_file_bytes=100_000_000", []),
    (f"{KEPT}, size_requested_per_file_bytes=100_000_001", ["size-per-file"]),
    ("retention_days=90, renew_when_days_left=30", []),
    ("retention_days=91", ["retention"]),
    (NEAR, []),
    (FAR, ["retention"]),
    ("", ["expiry-declared"]),
    ("redacted=False, size_requested_per_file_bytes=2**40", ["redaction", "size-per-file", "expiry-declared"]),
    (f"{KEPT}, project_id={OTHER!r}", []),
]

# The same jobs, and a configuration that changes the result for some of them.
CONFIGURED: list[tuple[dict[str, dict[str, object]], dict[int, list[str]]]] = [
    ({}, {}),
    ({"size_per_file": {"maxBytes": 100_000_001}}, {3: []}),
    ({"retention": {"maxDays": 120}}, {5: [], 7: []}),
    ({"retention": {"allowRenewal": False}}, {4: ["retention"]}),
    ({"projects": {"allowed": [PROJECT]}}, {10: ["projects"]}),
]

TARGETS = """\
om.LogCollection("all", targets=[om.ReplicaSet(f"rs{i}") for i in range(3)], log_types=["FTDC"],
    size_requested_per_file_bytes=1000, redacted=True)
"""

# The first has no expiry; the size of the second is unknown at preview.
UNKNOWN_SIZE = (
    HEAD
    + """\
first = om.LogCollectionJob("first", **GOOD)
size = first.creation_date.apply(lambda _: 2**40)
om.LogCollectionJob("second", **(GOOD | dict(size_requested_per_file_bytes=size, retention_days=30)))
"""
)


@pytest.fixture(scope="module")
def pack() -> Iterator[Pack]:
    """The pack's process."""
    with running() as started:
        yield started


@pytest.fixture
def with_pack(new_stack: NewStack, monkeypatch: pytest.MonkeyPatch) -> NewStack:
    """Makes stacks that have the pack in their folder."""

    def make(program: str) -> Stack:
        stack = new_stack(program)
        monkeypatch.setenv("PATH", str(install(stack.folder)), prepend=":")
        return stack

    return make


def run(stack: Stack, command: str, *, fails: bool = False, **config: object) -> str:
    """The output of a command with the pack, and perhaps a configuration of the pack."""
    options = "--stack test --non-interactive --policy-pack policy/any-engine"
    if config:
        file = stack.folder / "rules.json"
        file.write_text(json.dumps({name.replace("_", "-"): value for name, value in config.items()}))
        options += " --policy-pack-config rules.json"
    finished = stack.shell(f"pulumi {command} {options}")
    assert (finished.returncode != 0) is fails, finished.stdout + finished.stderr
    return finished.stdout


def test_each_rule_refuses_only_its_own_violations(new_stack: NewStack, pack: Pack) -> None:
    """All inputs come from one real preview, by rule and configuration. A value at the limit is allowed."""
    resources = previewed(new_stack(jobs([changes for changes, _ in JOBS]) + TARGETS))
    found = {f"job-{number}": rules for number, (_, rules) in enumerate(JOBS)}
    for config, changed in CONFIGURED:
        pack.configure(**config)
        expected = found | {f"job-{number}": rules for number, rules in changed.items()}
        answers = pack.analyze(resources)
        assert {name: answers[name] for name in expected} == expected, config
        # The rules are about jobs only.
        assert not any(rules for name, rules in answers.items() if name not in expected and "/" not in name)
    # Also a job that takes its project from the environment is refused.
    pack.configure(projects={"allowed": [OTHER]})
    answers = pack.analyze(resources)
    assert [name for name in found if "projects" not in answers[name]] == ["job-10"]
    # In other languages a job has another type.
    served = [
        one | {"type": one["type"].replace("pulumi-python:dynamic/opsmanager", "opsmanager:index")} for one in resources
    ]
    assert pack.analyze(served) == answers
    # Each target of a collection counts as a job.
    count = len(JOBS) + 3
    for limit, said in ((count, []), (count - 1, [f"The stack has {count} jobs; at most {count - 1} are allowed."])):
        pack.configure(jobs_per_stack={"maxJobs": limit})
        assert pack.analyze_stack(resources) == pack.analyze_stack(served) == said


def test_every_rule_is_in_the_page_with_its_configuration(pack: Pack) -> None:
    """Name, level and defaults, as the pack reports them."""
    rows = re.findall(r"^\| `([\w-]+)` \| (\w+) \| [^|]+ \| ([^|]+) \|$", PAGE, re.MULTILINE)
    written = {name: (level, dict(re.findall(r"`(\w+)`: (\S+?)(?:[;,] |$)", config))) for name, level, config in rows}
    assert written == {
        name: (
            ["advisory", "mandatory"][policy.enforcementLevel],
            {key: shown(value["default"]) for key, value in policy.configSchema.properties.items()},
        )
        for name, policy in pack.policies.items()
    }


def shown(value: object) -> str:
    if isinstance(value, bool | float):
        return f"{value:_.0f}" if isinstance(value, float) else str(value).lower()
    return "any"


def test_mandatory_rule_stops_a_job_and_an_advisory_one_does_not(with_pack: NewStack, server: Emulator) -> None:
    """Levels are configurable. `up` checks values that a preview cannot know. No request is sent for a refused job."""
    stack = with_pack(UNKNOWN_SIZE)
    job = "(pulumi-python:dynamic/opsmanager:LogCollectionJob: {})"
    printed = run(stack, "preview", fails=True, expiry_declared="mandatory")
    assert f"[mandatory]  expiry-declared  {job.format('first')}" in printed
    assert "Set retention_days or expiration_date." in printed
    assert f"[advisory]  expiry-declared  {job.format('first')}" in run(stack, "preview")
    assert server.requests == []
    printed = run(stack, "up --yes --skip-preview", fails=True)
    assert f"[mandatory]  size-per-file  {job.format('second')}" in printed
    assert "size_requested_per_file_bytes=1099511627776 is too high; at most 100000000 bytes are allowed." in printed
    assert len(server.job_ids) == server.calls.count("POST 201") == 1


def test_configuration_is_compared_with_the_schema(with_pack: NewStack) -> None:
    """The engine compares it before it calls any rule."""
    broken = {"jobs_per_stack": {"maxJobs": "many"}, "retention": {"maxDays": 365}, "projects": {"allowed": ["shop"]}}
    printed = run(with_pack(jobs([KEPT])), "preview", fails=True, **broken)
    assert "maxJobs: Invalid type. Expected: integer, given: string" in printed
    assert "maxDays: Must be less than or equal to 184" in printed
    assert "allowed.0: Does not match pattern" in printed


def test_commands_of_the_page_run(with_pack: NewStack, server: Emulator) -> None:
    """The configuration beside the pack allows this job."""
    stack = with_pack(jobs(["retention_days=60"]))
    # The page makes it. Nothing is fetched: what pip would install is on the path already.
    (stack.folder / "policy" / ".venv").unlink()
    stack.environ(PIP_NO_INDEX="1", PYTHONPATH=f"{ROOT / 'provider'}:{sysconfig.get_path('purelib')}")
    (block,) = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    finished = stack.shell(f"/bin/sh -euc {shlex.quote(block)}")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stdout.count("opsmanager-logs@v0.1.0") == 2
    assert server.requests == []
