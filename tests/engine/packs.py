"""The policy pack in the hands of the engine, and asked directly, as the engine asks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import analyzer_pb2 as messages
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

from tests.engine.stack import Stack
from tests.support import ROOT

PACK = ROOT / "examples" / "policy"


def install(folder: Path) -> Path:
    """Copy the pack into a folder as `policy`, with this Python as its own. The result must be the start of PATH."""
    pack = shutil.copytree(PACK, folder / "policy", ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    (pack / ".venv").symlink_to(sys.prefix)
    return pack / "any-engine"


def previewed(stack: Stack) -> list[dict[str, Any]]:
    """The resources of a preview as policies see them: checked inputs, without internal keys of the engine."""
    finished = stack.shell("pulumi preview --stack test --json")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    states = [step["newState"] for step in json.loads(finished.stdout)["steps"]]
    return [
        {
            "type": state["type"],
            "urn": state["urn"],
            "name": state["urn"].rpartition("::")[2],
            "properties": {key: value for key, value in state.get("inputs", {}).items() if key[:2] != "__"},
        }
        for state in states
    ]


class Pack:
    """The process of a pack, called over its protocol."""

    def __init__(self, stub: AnalyzerStub) -> None:
        self._stub = stub
        self.policies = {policy.name: policy for policy in stub.GetAnalyzerInfo(Empty()).policies}

    def configure(self, **config: Mapping[str, Any]) -> None:
        """Configure policies by name with `_` for `-`. The schema's defaults apply to the rest, as in the CLI."""
        request = messages.ConfigureAnalyzerRequest()
        for name, policy in self.policies.items():
            schema = MessageToDict(policy.configSchema.properties)
            given = {key: value["default"] for key, value in schema.items()} | dict(
                config.get(name.replace("-", "_"), {})
            )
            assert given.keys() == schema.keys()
            request.policyConfig[name].enforcementLevel = policy.enforcementLevel
            request.policyConfig[name].properties.update(given)
        self._stub.Configure(request)

    def analyze(self, resources: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
        """The violations of the rules for single resources: names of rules by the name of the resource."""
        return {
            resource["name"]: [
                found.policyName for found in self._stub.Analyze(messages.AnalyzeRequest(**resource)).diagnostics
            ]
            for resource in resources
        }

    def analyze_stack(self, resources: Iterable[Mapping[str, Any]]) -> list[str]:
        """The violations of the rules for a stack."""
        request = messages.AnalyzeStackRequest(
            resources=[messages.AnalyzerResource(**resource) for resource in resources]
        )
        return [found.message.splitlines()[1] for found in self._stub.AnalyzeStack(request).diagnostics]


@contextmanager
def running() -> Iterator[Pack]:
    """Start the pack in `examples` without a change."""
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:9", str(PACK)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port, "the pack did not start"
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield Pack(AnalyzerStub(channel))
        finally:
            process.kill()
