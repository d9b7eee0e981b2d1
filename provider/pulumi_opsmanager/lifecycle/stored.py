"""A resource as an engine stores it, and the result of a read or an import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from pulumi_opsmanager.schema.fields import Declaration
from pulumi_opsmanager.schema.validate import Failure

Inputs = TypeVar("Inputs", bound=Declaration)
State = TypeVar("State", bound=Declaration)


@dataclass(frozen=True)
class Stored(Generic[Inputs, State]):
    """An existing resource.

    Attributes:
        id: The server's id of a job; a random id of another resource.
        inputs: The inputs that the last run applied. If it could not apply `retention_days`, they are absent.
        state: The outputs.
    """

    id: str
    inputs: Inputs
    state: State


@dataclass(frozen=True)
class Found(Generic[Inputs, State]):
    """The result of a read or an import.

    Attributes:
        stored: The resource as it is now. After an import, a plan for its inputs is empty.
        inputs: The stored inputs. If somebody changed one on the server and a run can change it back, the changed one.
        failures: Why a program cannot declare an imported resource; empty if it can.
        promising: Ids of jobs that had failed and now have all their parts. If plan and apply are two processes, the
            engine gives these ids to the run before each plan.
    """

    stored: Stored[Inputs, State]
    inputs: Inputs
    failures: tuple[Failure, ...] = ()
    promising: frozenset[str] = frozenset()
