"""The policy pack of `examples/policy`: through `--policy-pack`, and rule by rule with the resources of a preview."""

from __future__ import annotations

import json
import re
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator
from tests.engine.packs import host_starts_packs, install, previewed, running
from tests.engine.stack import HEAD, Stack, job, jobs
from tests.support import PROJECT, ROOT, days_ahead

NewStack = Callable[..., Stack]

KEPT = "retention_days=30"
FAR = f"expiration_date={days_ahead(100)!r}"
NEAR = f"expiration_date={days_ahead(80)!r}"

# What is changed of a good job, and the rules that refuse it as they are configured when nothing is said.
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
]

# The same jobs, and what a configuration adds to it or takes from it.
CONFIGURED: list[tuple[dict[str, dict[str, object]], dict[int, list[str]]]] = [
    ({}, {}),
    ({"size_per_file": {"maxBytes": 100_000_001}}, {3: []}),
    ({"retention": {"maxDays": 120}}, {5: [], 7: []}),
    ({"retention": {"allowRenewal": False}}, {4: ["retention"]}),
    ({"projects": {"allowed": [PROJECT]}}, {}),
]


@pytest.fixture
def with_pack(new_stack: NewStack, monkeypatch: pytest.MonkeyPatch) -> NewStack:
    """Makes stacks that have the pack in their folder."""

    def make(program: str, *, by_host: bool = False) -> Stack:
        stack = new_stack(program)
        monkeypatch.setenv("PATH", str(install(stack.folder, by_host=by_host)), prepend=":")
        return stack

    return make


def test_each_rule_refuses_what_it_is_for_and_nothing_else(new_stack: NewStack) -> None:
    """The inputs of one real preview, by rule and configuration; the limit itself is allowed."""
    resources = previewed(new_stack(jobs([changes for changes, _ in JOBS])))
    found = {f"job-{number}": rules for number, (_, rules) in enumerate(JOBS)}
    with running() as pack:
        for config, changed in CONFIGURED:
            pack.configure(**config)
            expected = found | {f"job-{number}": rules for number, rules in changed.items()}
            answers = pack.analyze(resources)
            assert {name: answers[name] for name in expected} == expected, config
            # Stack and provider are nobody's business.
            assert not any(rules for name, rules in answers.items() if name not in expected)


def test_job_of_another_project_is_refused(new_stack: NewStack) -> None:
    """Also one that takes its project from the environment."""
    resources = previewed(new_stack(jobs([f"{KEPT}, project_id={'b' * 24!r}", KEPT])))
    with running() as pack:
        pack.configure(projects={"allowed": ["b" * 24]})
        answers = pack.analyze(resources)
        assert (answers["job-0"], answers["job-1"]) == ([], ["projects"])


@pytest.mark.parametrize(("limit", "said"), [(4, []), (3, ["The stack has 4 jobs; at most 3 are allowed."])])
def test_targets_of_a_collection_count(new_stack: NewStack, limit: int, said: list[str]) -> None:
    """One job for each target, and those beside it."""
    targets = "om.LogCollection('all', targets=[om.ReplicaSet(f'rs{i}') for i in range(3)], log_types=['FTDC'],"
    collection = f"{targets} size_requested_per_file_bytes=1000, redacted=True)\n"
    resources = previewed(new_stack(jobs([KEPT]) + collection))
    with running() as pack:
        pack.configure(jobs_per_stack={"maxJobs": limit})
        assert pack.analyze_stack(resources) == said


def test_every_rule_is_in_the_page_with_its_configuration() -> None:
    """Name, level and defaults, as the pack tells them."""
    page = (ROOT / "docs" / "policy.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)` \| (\w+) \| [^|]+ \| ([^|]+) \|$", page, re.MULTILINE)
    told = {name: (level, dict(re.findall(r"`(\w+)`: (\S+?)(?:[;,] |$)", config))) for name, level, config in rows}
    with running() as pack:
        assert told == {
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


def test_mandatory_rule_ends_preview_and_up_before_anything_is_sent(with_pack: NewStack, server: Emulator) -> None:
    """The text names rule, resource and what to change."""
    stack = with_pack(job("redacted=False, retention_days=30"))
    for command in ("preview", "up --yes --skip-preview"):
        finished = stack.shell(f"pulumi {command} --stack test --non-interactive --policy-pack policy")
        assert finished.returncode != 0
        assert "[mandatory]  redaction  (pulumi-python:dynamic/opsmanager:LogCollectionJob: logs)" in finished.stdout
        assert "redacted must be True." in finished.stdout
    assert server.requests == []


def test_advisory_rule_is_told_and_lets_the_job_be_made(with_pack: NewStack, server: Emulator) -> None:
    """The level of a rule is configured like the rest."""
    stack = with_pack(job())
    command = "pulumi up --yes --skip-preview --stack test --non-interactive --policy-pack policy"
    (stack.folder / "levels.json").write_text(json.dumps({"expiry-declared": "mandatory"}))
    assert stack.shell(f"{command} --policy-pack-config levels.json").returncode != 0
    finished = stack.shell(command)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "[advisory]  expiry-declared" in finished.stdout
    assert len(server.job_ids) == 1


def test_value_that_a_preview_cannot_know_is_judged_by_up(with_pack: NewStack, server: Emulator) -> None:
    """The preview lets it pass; `up` refuses the job before it is asked for."""
    stack = with_pack(
        HEAD
        + "first = om.LogCollectionJob('first', **GOOD, retention_days=30)\n"
        + "size = first.creation_date.apply(lambda _: 2**40)\n"
        + "om.LogCollectionJob('second', **(GOOD | dict(size_requested_per_file_bytes=size, retention_days=30)))\n"
    )
    previewed_so = stack.shell("pulumi preview --stack test --non-interactive --policy-pack policy")
    assert previewed_so.returncode == 0, previewed_so.stdout + previewed_so.stderr
    applied = stack.shell("pulumi up --yes --skip-preview --stack test --non-interactive --policy-pack policy")
    assert applied.returncode != 0
    assert "size_requested_per_file_bytes is 1099511627776; at most 100000000 are allowed." in applied.stdout
    assert len(server.job_ids) == 1


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"jobs-per-stack": {"maxJobs": "many"}}, "maxJobs: Invalid type. Expected: integer, given: string"),
        ({"retention": {"maxDays": 365}}, "maxDays: Must be less than or equal to 184"),
        ({"projects": {"allowed": ["shop"]}}, "allowed.0: Does not match pattern"),
    ],
)
def test_configuration_is_held_against_the_schema(with_pack: NewStack, config: object, said: str) -> None:
    """By the engine, before any rule is asked."""
    stack = with_pack(job())
    (stack.folder / "config.json").write_text(json.dumps(config))
    command = "pulumi preview --stack test --non-interactive --policy-pack policy --policy-pack-config config.json"
    finished = stack.shell(command)
    assert finished.returncode != 0
    assert said in finished.stdout


def test_commands_of_the_page_run(with_pack: NewStack, server: Emulator) -> None:
    """With the configuration that lies beside the pack, which allows this job."""
    stack = with_pack(job("retention_days=60"))
    # Nothing is fetched: what pip would install is on the path already.
    stack.environ(PIP_NO_INDEX="1", PYTHONPATH=f"{ROOT / 'provider'}:{sysconfig.get_path('purelib')}")
    (block,) = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / "policy.md").read_text(), re.MULTILINE | re.DOTALL)
    for line in block.splitlines():
        finished = stack.shell(line)
        assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "opsmanager-logs@v0.1.0" in finished.stdout
    assert server.requests == []


def test_language_host_starts_the_pack(with_pack: NewStack, engine: PulumiCommand) -> None:
    """As it stands, with the official installation."""
    if not host_starts_packs(Path(engine.command).parent):
        pytest.skip("the language host built from Go modules (v3.79.0) starts no packs; the engine's own starter does")
    stack = with_pack(job("redacted=False, retention_days=30"), by_host=True)
    finished = stack.shell("pulumi preview --stack test --non-interactive --policy-pack policy")
    assert finished.returncode != 0
    assert "redacted must be True." in finished.stdout
