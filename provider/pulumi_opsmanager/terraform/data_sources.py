"""The data sources: one job by its ID, and the jobs of a project that match a filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.job import import_job
from pulumi_opsmanager.lifecycle.kinds import JOB
from pulumi_opsmanager.lifecycle.listing import list_jobs, selection_of
from pulumi_opsmanager.schema.fields import Declaration, fields_of
from pulumi_opsmanager.schema.filter import JobFilter, JobReference

from .attributes import PREFIX, RESOURCES, Attribute, Block, resource_name, type_of
from .storage import shown


@dataclass(frozen=True)
class DataSource(Block):
    """One data source.

    Attributes:
        inputs: The fields that a configuration can set.
        read: Reads from the server. It returns values in wire form by name.
    """

    inputs: type[Declaration]
    read: Callable[[Context, Any], Mapping[str, Any]]


def _read_job(context: Context, inputs: JobReference) -> Mapping[str, Any]:
    found = import_job(context, inputs.id, inputs.project_id)
    return shown(_JOB, found.stored, {}, is_bound=False)


def _read_jobs(context: Context, inputs: JobFilter) -> Mapping[str, Any]:
    found = list_jobs(context, inputs.project_id, selection_of(inputs))
    jobs = [shown(_JOB, stored, {}, is_bound=False) for stored in found]
    return {"jobs": [{name: job[name] for name in _KNOWN} for job in jobs], "project_id": inputs.project_id}


def _attributes(inputs: type[Declaration], reported: Iterable[Attribute]) -> Mapping[str, Attribute]:
    given = [Attribute(field.name, type_of(field), field) for field in fields_of(inputs).values()]
    return {attribute.name: attribute for attribute in (*given, *reported)}


def _reported(name: str) -> Attribute:
    """An attribute of a job as a data source reports it: no configuration can set it."""
    attribute = _JOB.attributes[name]
    field = attribute.state or attribute.input
    sentences = (field.description if field else attribute.meaning).removesuffix(".").split(". ")
    facts = [words for words in sentences if not words.startswith(_FOR_INPUTS)]
    return replace(attribute, input=None, state=field, meaning=f"{'. '.join(facts)}.")


# Sentences with these first words apply to inputs only.
_FOR_INPUTS = ("Default:", "From ", "Give ", "Must ", "Needs ", "Order,", "Required,", "Upper ")
_JOB = RESOURCES[resource_name(JOB)]
# The inputs in the body of the POST: the server reports them. All other inputs exist only in configurations.
_ASKED = {"project_id", *(field.name for field in fields_of(JOB.inputs).values() if field.body)}
_HIDDEN = {"last_seen_url", "retries"}
_KNOWN = [
    name
    for name, one in _JOB.attributes.items()
    if (one.state or not one.input or name in _ASKED) and name not in _HIDDEN
]

_ROWS = tuple(_reported(name) for name in _KNOWN)
_JOBS = Attribute(
    "jobs", ["list", ["object", {row.name: row.type for row in _ROWS}]], elements=_ROWS, meaning="Jobs, newest first."
)

DATA_SOURCES: Mapping[str, DataSource] = {
    f"{PREFIX}log_collection_job": DataSource(
        "Reads an existing log collection job.",
        _attributes(JobReference, (_reported(name) for name in _KNOWN if name not in {"id", "project_id"})),
        JobReference,
        _read_job,
    ),
    f"{PREFIX}log_collection_jobs": DataSource(
        "Lists the log collection jobs of a project, newest first. A job is listed if it matches all given filters.",
        _attributes(JobFilter, [_JOBS]),
        JobFilter,
        _read_jobs,
    ),
}
"""All data sources by name."""
