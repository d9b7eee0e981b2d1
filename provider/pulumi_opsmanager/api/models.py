"""What the server says, read as it is: unknown keys are ignored, unknown statuses kept, nothing invented.

Source: the vendor's log collection pages and transcripts of live servers; see `tests/wire`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from .instants import instant_of_id, read_instant

FAILED_STATUSES = frozenset({"FAILURE", "FAILED"})
"""The field says FAILURE; one vendor error text and one client say FAILED. Both mean that a child failed."""

EXPIRED_STATUS = "EXPIRED"

SUCCEEDED_STATUSES = frozenset({"SUCCESS", "MARKED_FOR_EXPIRY"})
"""All parts are there. `MARKED_FOR_EXPIRY` is explained nowhere; two public clients download such jobs."""

FINISHED_STATUSES = SUCCEEDED_STATUSES | FAILED_STATUSES | {EXPIRED_STATUS}
"""Nothing more will happen by itself. A status that is not known may be anything."""

WireInstant = Annotated[datetime, BeforeValidator(read_instant)]


def _none_of_null_text(message: Any) -> Any:
    # The vendor's own client fixtures carry the text "null" for a child without an error.
    return None if message == "null" else message


class _Wire(BaseModel):
    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True, defer_build=True
    )


class ChildJob(_Wire):
    """One log type of one process or host; present only in a verbose answer."""

    status: str
    host_name: str | None = None
    log_collection_type: str | None = None
    path: str | None = None
    error_message: Annotated[str | None, BeforeValidator(_none_of_null_text)] = None
    uncompressed_disk_space_bytes: int | None = None


class Job(_Wire):
    """A log collection job as the server has it. Only id and status are always there."""

    id: str
    status: str
    user_id: str | None = None
    creation_date: WireInstant | None = None
    expiration_date: WireInstant | None = None
    resource_type: str | None = None
    resource_name: str | None = None
    root_resource_type: str | None = None
    root_resource_name: str | None = None
    redacted: bool | None = None
    log_types: tuple[str, ...] | None = None
    size_requested_per_file_bytes: int | None = None
    log_collection_from_date: WireInstant | None = None
    log_collection_to_date: WireInstant | None = None
    uncompressed_size_total_bytes: int | None = None
    child_jobs: tuple[ChildJob, ...] | None = None

    @property
    def made_at(self) -> datetime:
        """The creation date, or the one inside the id where the server leaves it out.

        Raises:
            ValueError: Neither is there: the id is no ObjectId.
        """
        return self.creation_date or instant_of_id(self.id)


class Link(_Wire):
    """Says which pages there are: `rel` is self, previous or next. Where it leads is not asked."""

    rel: str


class JobPage(_Wire):
    """One page of a list; its entries are read one by one."""

    results: tuple[Any, ...]
    links: tuple[Link, ...] = ()

    @property
    def has_next(self) -> bool:
        """More pages follow."""
        return any(link.rel == "next" for link in self.links)


class CreatedJob(_Wire):
    """All that a create answers."""

    id: str
