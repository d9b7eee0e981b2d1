"""Shows errors and warnings, with the attribute that they are about. All other lines go to the log.

The protocol has only errors and warnings.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from pulumi_opsmanager.errors import OpsManagerError
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.schema.validate import Failure

from .attributes import Attribute
from .log import log
from .messages import pb
from .phrases import as_written, phrased

# Terraform prints the summary as a headline without wrapping it, and wraps the detail.
_HEADLINE_CHARACTERS = 72


class Diagnostics:
    """The diagnostics of one call; also the reporter of the rules.

    Attributes:
        found: The diagnostics so far, as messages of the protocol.
        last_line: The last information that went to the log.
    """

    def __init__(
        self, method: str, attributes: Mapping[str, Attribute], require_listener: Callable[[], None] = lambda: None
    ) -> None:
        """Begin without diagnostics. `require_listener` raises after an interruption."""
        self.found: list[pb.Diagnostic] = []
        self.last_line = ""
        self._method = method
        self._attributes = attributes
        self._require_listener = require_listener

    @property
    def has_errors(self) -> bool:
        """Whether the call failed."""
        return any(one.severity == pb.Diagnostic.ERROR for one in self.found)

    def info(self, line: str) -> None:
        """Log a line."""
        self.last_line = line
        log("info", as_written(line))

    def warn(self, line: str) -> None:
        """Show a warning."""
        self._add(pb.Diagnostic.WARNING, line)

    def progress(self, line: str) -> None:
        """Log a line.

        Raises:
            Unavailable: Terraform was interrupted.
        """
        self._require_listener()
        log("info", as_written(line))

    def fail(self, error: OpsManagerError) -> None:
        """Show an error of the rules."""
        self._add(pb.Diagnostic.ERROR, phrased(error, self._method), error.subject.property)

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Show each exception of the block as an error, and let none out."""
        try:
            yield
        except OpsManagerError as error:
            self.fail(error)
        except Exception as error:  # noqa: BLE001  Terraform shows no more than "Plugin error" for it
            log("error", f"{self._method} failed", trace="".join(traceback.format_tb(error.__traceback__)))
            words = f"the provider failed in {self._method}: {type(error).__name__}; this is a defect of the provider"
            self._add(pb.Diagnostic.ERROR, f"{words}, and the log has its trace (TF_LOG=error)")

    def explain(self, plan: Plan) -> None:
        """Show the reasons and warnings of a plan, or why it is refused."""
        self.refuse(plan.failures)
        for line in plan.notes:
            self.info(_of_apply(line))
        for line in plan.reasons + plan.warnings:
            self.warn(_of_apply(line))

    def refuse(self, failures: Iterable[Failure]) -> None:
        """Show broken rules at their attributes."""
        by_key = {one.input.key: one for one in self._attributes.values() if one.input}
        for failure in failures:
            attribute, line = by_key.get(failure.key), str(failure)
            if attribute and attribute.type[0] == "set":
                # Terraform sorts the elements of a set, so an index would mislead.
                line = re.sub(r"^(\w+)\[\d+\]", r"\1", line)
            self._add(pb.Diagnostic.ERROR, line, attribute.name if attribute else None, _place(attribute, failure))

    def _add(self, severity: int, line: str, name: str | None = None, place: int | None = None) -> None:
        # Protobuf carries no unpaired surrogates.
        summary, detail = _split(as_written(line.encode(errors="replace").decode()))
        found = pb.Diagnostic(severity=severity, summary=summary, detail=detail)
        if name in self._attributes:
            found.attribute.steps.add(attribute_name=name)
            if place is not None:
                found.attribute.steps.add(element_key_int=place)
        self.found.append(found)


def _of_apply(line: str) -> str:
    """A line of a plan, for this apply. Terraform shows it in the apply too, where "the next run" would mislead."""
    return line.replace("the next run", "apply")


def _split(line: str) -> tuple[str, str]:
    """Split a line into the summary and the detail of a diagnostic."""
    if len(line) <= _HEADLINE_CHARACTERS:
        return line, ""
    found = re.search(r"[:;] ", line)
    return (line[: found.start()], line[found.end() :]) if found else (line, "")


def _place(attribute: Attribute | None, failure: Failure) -> int | None:
    """The index of the list element that breaks a rule. With a longer path, Terraform shows no source line."""
    found = re.match(r"\[(\d+)\]", failure.path[len(failure.key) :])
    return int(found[1]) if found and attribute and attribute.type[0] != "set" else None
