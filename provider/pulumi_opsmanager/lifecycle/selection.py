"""Which jobs of a list match the filters?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_opsmanager.api.models import Job


@dataclass(frozen=True)
class Selection:
    """Filters of jobs; a job must match each filter that is given.

    Attributes:
        statuses: Statuses in capitals; a job must have one of them. Empty for any.
        resource_types: Types in canonical form; a job must have one of them. Empty for any.
        resource_names: Exact names of resources; a job must have one of them. Empty for any.
        newer_than: Highest age of a job; None for any.
        older_than: A job must be older than this; None for any.
    """

    statuses: tuple[str, ...] = ()
    resource_types: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    newer_than: timedelta | None = None
    older_than: timedelta | None = None

    @property
    def is_everything(self) -> bool:
        """Whether no filter was given."""
        return self == Selection()

    def includes(self, job: Job, age: timedelta | None) -> bool:
        """Whether a job matches. Its age is by the server's clock; None if unknown."""
        # Here, and not above: the command line offers these filters before it needs a schema.
        from pulumi_opsmanager.schema.types import canonical_word

        return (
            (not self.statuses or job.status.upper() in self.statuses)
            and (not self.resource_types or canonical_word(job.resource_type) in self.resource_types)
            and (not self.resource_names or job.resource_name in self.resource_names)
            and (self.newer_than is None or (age is not None and age <= self.newer_than))
            and (self.older_than is None or (age is not None and age > self.older_than))
        )
