"""What an engine keeps of a resource, and what a read or an import of it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from pulumi_opsmanager.schema.fields import Declaration
from pulumi_opsmanager.schema.validate import Failure

Inputs = TypeVar("Inputs", bound=Declaration)
State = TypeVar("State", bound=Declaration)


@dataclass(frozen=True)
class Stored(Generic[Inputs, State]):
    """A resource that exists.

    Attributes:
        id: A job has the server's id, another resource a random one.
        inputs: The inputs as the last run has applied them. Days of retention that it could not apply are absent.
        state: What was found.
    """

    id: str
    inputs: Inputs
    state: State


@dataclass(frozen=True)
class Found(Generic[Inputs, State]):
    """What a read or an import has found.

    Attributes:
        stored: The resource as it is now. A plan for the inputs of an import is empty.
        inputs: The stored inputs, with those that somebody has changed on the server and that a run can change back.
        failures: Why a program cannot declare what others have made; empty when it can.
        promising: Ids of jobs that had failed and have all their parts by now. An engine whose plan and apply are two
            processes gives them to the run before each plan.
    """

    stored: Stored[Inputs, State]
    inputs: Inputs
    failures: tuple[Failure, ...] = ()
    promising: frozenset[str] = frozenset()
