"""The answers of the server as models: unknown keys are ignored, unknown statuses stay, and no value is invented.

An optional field that cannot be read is absent. An unreadable child job is an error, because archives are compared
with the child jobs.

Source: the vendor's log collection pages and transcripts of live servers; see `tests/wire`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WrapValidator
from pydantic.alias_generators import to_camel

from pulumi_opsmanager.errors import shorten
from pulumi_opsmanager.instants import instant_of_id, read_instant

from .settings import OBJECT_ID

FAILED_STATUSES = frozenset({"FAILURE", "FAILED"})
"""The API sends FAILURE; one vendor error text and one client say FAILED. Both mean that a child job failed."""

EXPIRED_STATUS = "EXPIRED"
SUCCEEDED_STATUSES = frozenset({"SUCCESS", "MARKED_FOR_EXPIRY"})
"""Statuses of jobs without missing parts. No vendor page explains `MARKED_FOR_EXPIRY`; two clients download them."""

FINISHED_STATUSES = SUCCEEDED_STATUSES | FAILED_STATUSES | {EXPIRED_STATUS}
"""Statuses of jobs for which the server no longer collects. An unknown status may mean anything."""


def _absent_if_unreadable(value: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


_Optional = WrapValidator(_absent_if_unreadable)


# Messages show it, and a hostile server may send lines of any length.
WireStatus = Annotated[str, AfterValidator(shorten)]
WireText = Annotated[str | None, _Optional]
# In fixtures of the vendor's client, a child job without an error has the text "null".
WireMessage = Annotated[str | None, BeforeValidator(lambda text: None if text == "null" else text), _Optional]
WireNumber = Annotated[int | None, _Optional]
WireFlag = Annotated[bool | None, _Optional]
WireWords = Annotated[tuple[str, ...] | None, _Optional]
WireInstant = Annotated[Annotated[datetime, BeforeValidator(read_instant)] | None, _Optional]


class Wire(BaseModel):
    """Base of models whose keys are the vendor's names. Unknown keys are ignored."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True, defer_build=True
    )


class ChildJob(Wire):
    """One log type of one process or host; present only in a verbose answer."""

    status: WireStatus
    host_name: WireText = None
    log_collection_type: WireText = None
    path: WireText = None
    error_message: WireMessage = None
    uncompressed_disk_space_bytes: WireNumber = None


class Job(Wire):
    """A log collection job as the server sends it. Only id and status are always present."""

    id: str
    status: WireStatus
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
        """The creation date, or the date inside the id if the server omits it; ValueError if the id is no ObjectId."""
        return self.creation_date or instant_of_id(self.id)


class Link(Wire):
    """A link to a page: `rel` is self, previous or next. Its address is not used."""

    rel: str


class Page(Wire):
    """One page of a list. Its entries are read one by one."""

    results: tuple[Any, ...]
    links: tuple[Link, ...] = ()

    @property
    def has_next(self) -> bool:
        """Whether more pages follow."""
        return any(link.rel == "next" for link in self.links)


class Cluster(Wire):
    """A replica set or a sharded cluster, as one entry of the list of clusters."""

    type_name: str
    cluster_name: WireText = None
    replica_set_name: WireText = None


class Process(Wire):
    """A process of the automation configuration, by its name there."""

    name: str


class AutomationStatus(Wire):
    """How far automation has come; its entries are read one by one."""

    processes: tuple[Any, ...]


class CreatedJob(Wire):
    """The complete answer to a create."""

    id: Annotated[str, Field(pattern=f"^{OBJECT_ID.pattern}$")]
