"""Random programs in all spellings, with values that are known only in an apply."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import strategies as st

from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.instants import format_instant, parse_instant
from tests.support import PROJECT
from tests.terraform.cty import Typed
from tests.terraform.program import Declared, Later, Ref

JOB = "opsmanager_log_collection_job"
COMPLETION = "opsmanager_log_collection_completion"
ARCHIVE = "opsmanager_log_archive"
WINDOW = "opsmanager_log_collection_window"

_TRIGGERS: list[Any] = [
    None,
    [],
    ["a"],
    [1, 0.1, 2.5, True, {"of": ["b", None]}],
    Typed(["list", "string"], ["a"]),
]

_Value = TypeVar("_Value")


class Programs:
    """Draws programs that are mostly alike.

    Args:
        data: The generator.
        clock: Dates are in its future when they are first drawn.
        folder: Folder for archives.
    """

    def __init__(self, data: st.DataObject, clock: Clock, folder: Path) -> None:
        self._data, self._clock, self._folder = data, clock, folder
        self._kept: dict[tuple[str, str], Any] = {}

    def draw(self, strategy: st.SearchStrategy[_Value]) -> _Value:
        """Let the generator choose."""
        return self._data.draw(strategy)

    def one_of(self, *choices: _Value) -> _Value:
        """Let it choose one of these."""
        return self.draw(st.sampled_from(choices))

    def seldom(self, address: str, name: str, *choices: _Value) -> _Value:
        """One of these for an attribute, mostly the same as before, because another one replaces the resource."""
        before = self._kept.get((address, name))
        if before is None or self.draw(st.integers(0, 7)) == 7:
            before = self._kept[address, name] = (self.one_of(*choices),)
        (chosen,) = before
        return chosen

    def declared(self) -> dict[str, Declared]:
        """A program."""
        program: dict[str, Declared] = {}
        if self.draw(st.booleans()):
            program["window"] = self._declared("window", WINDOW, {"last": self.one_of("2h", " 2H", "7d")})
        jobs = [f"job.{number}" for number in range(self.one_of(1, 1, 2))]
        for number, address in enumerate(jobs):
            program[address] = self._declared(address, JOB, self._job(number, program))
        if self.draw(st.booleans()):
            program["completion"] = self._declared("completion", COMPLETION, self._completion(jobs))
        for address in self.one_of([], ["archive.0"], ["archive.0", "archive.1"]):
            program[address] = self._declared(address, ARCHIVE, self._archive())
        return program

    def _declared(self, address: str, type_name: str, config: Mapping[str, Any]) -> Declared:
        given = dict(config)
        if type_name != COMPLETION:
            given["triggers"] = self.seldom(address, "triggers", *_TRIGGERS)
        if type_name != WINDOW:
            given["project_id"] = self.one_of(None, PROJECT)
        late = self.draw(st.sets(st.sampled_from(sorted(given)), max_size=2)) if self.one_of(True, False) else set()
        names = ("expiration_date", "log_types", "triggers") if type_name == JOB else tuple(given)[:1]
        ignored = self.one_of(*[()] * 6, None, *((name,) for name in names))
        return Declared(type_name, {n: Later(v) if n in late else v for n, v in given.items()}, ignored)

    def _job(self, number: int, program: Mapping[str, Declared]) -> Mapping[str, Any]:
        address, now = f"job.{number}", self._clock.now()
        dates = [format_instant(now + timedelta(days=days)) for days in (10, 40, 170)]
        # A date stays the same, so it will pass some day.
        ahead = self.seldom(address, "expiration_date", *dates)
        expiry: dict[str, Any] = self.one_of(
            {},
            {"expiration_date": ahead},
            {"expiration_date": parse_instant(ahead).astimezone(timezone(timedelta(hours=2))).isoformat()},
            {"expiration_date": Later(ahead)},
            {"retention_days": self.one_of(10, 60.0, 184)},
            {"retention_days": 10, "renew_when_days_left": self.one_of(5, 9.0)},
            {"retention_days": Later(30), "renew_when_days_left": Later(20)},
        )
        both = self.one_of(
            ["MONGODB", "FTDC"], ["ftdc", "mongodb"], ["MONGODB", "mongodb", "FTDC"], ["FTDC", Later("mongodb")]
        )
        kinds = both if self.seldom(address, "log_types", True, True, False) else ["FTDC"]
        period: dict[str, Any] = {}
        if "window" in program and self.seldom(address, "period", True, False):
            names = ("log_collection_from_date", "log_collection_to_date")
            period = {name: Ref("window", name) for name in names}
        return (
            {
                "resource_type": self.one_of("REPLICASET", "replicaset", "REPLICA_SET"),
                "resource_name": f"rs{number}",
                "log_types": kinds,
                "size_requested_per_file_bytes": self.one_of(131072, 131072.0),
                "redacted": self.seldom(address, "redacted", True, False),
                "on_expired": self.one_of(None, "keep", "RECREATE", "fail", Later("recreate")),
                "max_retries": self.one_of(None, 0, 2.0),
            }
            | expiry
            | period
        )

    def _completion(self, jobs: list[str]) -> Mapping[str, Any]:
        return {
            "job_ids": [Ref(address, "id") for address in jobs],
            "on_failure": self.one_of(None, "accept", "Fail"),
            "max_retries_per_run": self.one_of(None, 0, 2),
            "poll_interval_seconds": self.one_of(None, 0.7, 300),
        }

    def _archive(self) -> Mapping[str, Any]:
        return {
            "job_id": Ref("job.0", "id"),
            "path": str(self._folder / self.one_of("a.tar.gz", "b.tar.gz")) + self.one_of("", "/"),
            "require_complete": self.one_of(None, False),
            "if_missing": self.one_of(None, "ignore"),
            "keep_on_delete": self.one_of(None, True),
        }


def settled(given: Any) -> Any:
    """A configuration once all its values are known."""
    if isinstance(given, Later):
        return settled(given.value)
    if isinstance(given, list):
        return [settled(element) for element in given]
    return {key: settled(value) for key, value in given.items()} if isinstance(given, dict) else given
