"""What the server says, read as it is: unknown keys are ignored, unknown statuses kept, nothing invented.

An optional field that cannot be read is absent. Child jobs are the exception: an archive is compared with them.

Source: the vendor's log collection pages and transcripts of live servers; see `tests/wire`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_camel

from pulumi_opsmanager.instants import instant_of_id, read_instant

FAILED_STATUSES = frozenset({"FAILURE", "FAILED"})
"""The field says FAILURE; one vendor error text and one client say FAILED. Both mean that a child failed."""

EXPIRED_STATUS = "EXPIRED"

SUCCEEDED_STATUSES = frozenset({"SUCCESS", "MARKED_FOR_EXPIRY"})
"""All parts are there. `MARKED_FOR_EXPIRY` is explained nowhere; two public clients download such jobs."""

FINISHED_STATUSES = SUCCEEDED_STATUSES | FAILED_STATUSES | {EXPIRED_STATUS}
"""Nothing more will happen by itself. A status that is not known may be anything."""


def _absent_if_unreadable(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


_Optional = WrapValidator(_absent_if_unreadable)


def _none_of_null_text(message: Any) -> Any:
    # The vendor's own client fixtures carry the text "null" for a child without an error.
    return None if message == "null" else message


WireText = Annotated[str | None, _Optional]
WireMessage = Annotated[str | None, BeforeValidator(_none_of_null_text), _Optional]
WireNumber = Annotated[int | None, _Optional]
WireFlag = Annotated[bool | None, _Optional]
WireWords = Annotated[tuple[str, ...] | None, _Optional]
WireInstant = Annotated[Annotated[datetime, BeforeValidator(read_instant)] | None, _Optional]


class _Wire(BaseModel):
    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True, defer_build=True
    )


class ChildJob(_Wire):
    """One log type of one process or host; present only in a verbose answer."""

    status: str
    host_name: WireText = None
    log_collection_type: WireText = None
    path: WireText = None
    error_message: WireMessage = None
    uncompressed_disk_space_bytes: WireNumber = None


class Job(_Wire):
    """A log collection job as the server has it. Only id and status are always there."""

    id: str
    status: str
    user_id: WireText = None
    creation_date: WireInstant = None
    expiration_date: WireInstant = None
    resource_type: WireText = None
    resource_name: WireText = None
    root_resource_type: WireText = None
    root_resource_name: WireText = None
    redacted: WireFlag = None
    log_types: WireWords = None
    size_requested_per_file_bytes: WireNumber = None
    log_collection_from_date: WireInstant = None
    log_collection_to_date: WireInstant = None
    uncompressed_size_total_bytes: WireNumber = None
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
