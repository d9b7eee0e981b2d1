"""`collect`: the logs of several deployments, from their jobs to verified archives in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from pulumi_opsmanager.cli.access import Connection, uses_server
from pulumi_opsmanager.cli.arguments import checked_field, checked_path, examples, waits
from pulumi_opsmanager.cli.terminal import Column, activity, show, size
from pulumi_opsmanager.errors import OpsManagerError, Unavailable, printable

if TYPE_CHECKING:
    from pulumi_opsmanager.cli.collection import Request, Target, Window
    from pulumi_opsmanager.cli.collector import Collector
    from pulumi_opsmanager.lifecycle.context import Context
    from pulumi_opsmanager.schema.job import JobInputs

_EXAMPLES = examples(
    "collect --replica-set rs0 --cluster shop --log-types mongodb,ftdc --size 100MB --redacted --last 2h -o incident/",
    "collect --process db1.example.net:27017 --log-types mongodb --size 1GiB --no-redacted -o logs/ --delete-jobs",
)

_KINDS = {"replica_sets": "REPLICASET", "clusters": "CLUSTER", "processes": "PROCESS"}

_COLUMNS = (
    Column("target"),
    Column("job"),
    Column("status"),
    Column("archive"),
    Column("size", justify="right"),
    Column("archive is", {"complete": "green", "partial": "yellow", "missing": "red"}),
    Column("sha256"),
)


@click.command(epilog=_EXAMPLES)
@uses_server()
@click.option("--replica-set", "replica_sets", multiple=True, metavar="NAME", help="Replica set or shard; repeatable.")
@click.option("--cluster", "clusters", multiple=True, metavar="NAME", help="Sharded cluster; repeatable.")
@click.option(
    "--process",
    "processes",
    multiple=True,
    metavar="NAME",
    help="Process, by its name in the automation configuration; repeatable.",
)
@click.option(
    "--log-types",
    required=True,
    metavar="TYPES",
    callback=checked_field("job", "logTypes", separator=","),
    help="mongodb, ftdc, automation_agent, backup_agent and monitoring_agent, with commas between them.",
)
@click.option(
    "--size",
    "size_bytes",
    required=True,
    metavar="SIZE",
    callback=checked_field("job", "sizeRequestedPerFileBytes"),
    help="Uncompressed size per log type and per process or host, newest lines first: 100MB or 1GiB.",
)
@click.option(
    "--redacted/--no-redacted",
    default=None,
    help="Whether the server replaces IP addresses, host names, namespaces and strings. Required.",
)
@click.option(
    "--last", metavar="SPAN", callback=checked_field("window", "last"), help="Only lines of the last 30m, 2h or 7d."
)
@click.option(
    "--from",
    "from_date",
    metavar="DATE",
    callback=checked_field("job", "logCollectionFromDate"),
    help="Only lines from this date on (RFC 3339 with zone).",
)
@click.option(
    "--to",
    "to_date",
    metavar="DATE",
    callback=checked_field("job", "logCollectionToDate"),
    help="Only lines up to this date (RFC 3339 with zone).",
)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DIR",
    callback=checked_path,
    help="Folder, created if it is missing, or s3://BUCKET/PREFIX, gs:// or az://.",
)
@waits
@click.option("--accept-partial", is_flag=True, help="Store archives that lack parts of their job.")
@click.option("--delete-jobs", is_flag=True, help="Delete each job when its archive is stored and verified.")
@click.option(
    "--expires",
    "expires_days",
    metavar="DAYS",
    callback=checked_field("job", "retentionDays"),
    help="Days from the job's creation until the server deletes the archive: 7 or 7d.",
)
@click.option("--json", "as_json", is_flag=True, help="Print an object with window, outcome and targets.")
def collect(
    connection: Connection,
    *,
    output: str,
    last: str | None,
    waiting: Mapping[str, Any],
    accept_partial: bool,
    delete_jobs: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Collect logs of several deployments as verified archives.

    The command starts one job for each target, waits for all of them, restarts failed parts, and downloads and verifies
    the archives. It checks everything before it sends anything. `doctor` lists the names of the targets.

    You can stop it at any point, and run the same command again to continue: DIR/collection.json records the request
    and the progress. No job is started twice. A complete collection sends nothing. You can correct the request as long
    as it has no job, and the name of a target that the server refused.

    Exits with 0 if all archives are complete, with 3 if some archives are missing or lack parts, and with 1 if there is
    no archive.
    """
    targets = sorted((kind, name) for option, kind in _KINDS.items() for name in asked.pop(option))
    _require(targets, asked, last)
    # Late, because help and usage errors need no rules.
    from pulumi_opsmanager.cli.collection import Request, opened
    from pulumi_opsmanager.cli.collector import Collector
    from pulumi_opsmanager.cli.operation import checked, context_of
    from pulumi_opsmanager.lifecycle.kinds import ARCHIVE, COMPLETION, JOB

    folder = f"{output.rstrip('/')}/"
    settings = connection.settings()
    request = Request(base_url=settings.base_url, project_id=connection.project_id, targets=targets, last=last, **asked)
    with activity("collecting") as line:
        context = context_of(connection, line)
        window = _window(request, context)
        for kind, name in targets:
            checked(JOB, _job(request, window, kind, name), context, request.project_id, _OPTIONS)
        checked(COMPLETION, _completion([], request, waiting), context, request.project_id)
        checked(ARCHIVE, {"jobId": _ANY_ID, "path": folder}, context, request.project_id, {"path": "--output"})
        with opened(folder, request, window) as ledger:

            def inputs(target: Target) -> JobInputs:
                given = _job(request, ledger.window, target.resource_type, target.resource_name)
                return JOB.check(given, None, None).declared.known

            collector = Collector(
                context,
                ledger,
                folder,
                request.project_id,
                inputs,
                lambda ids: COMPLETION.check(_completion(ids, request, waiting), None, None).declared.known,
                accepts_partial=accept_partial,
                deletes_jobs=delete_jobs,
            )
            try:
                collector.run()
            except OpsManagerError as error:
                if not isinstance(error, Unavailable):
                    error.args = (f"{error}\nCorrect this, and run the command again.",)
                elif ledger.has_begun:
                    error.args = (f"{error}\n{_CONTINUE}",)
                raise
            except BaseException:
                if ledger.has_begun:
                    line.note(_CONTINUE)
                raise
    _report(collector, as_json=as_json)


_CONTINUE = "Run the same command again to continue."

_ANY_ID = "0" * 24
"""Placeholder for the id of a job that does not exist yet."""

_OPTIONS = {
    "resourceName": "a target",
    "logCollectionFromDate": "--from",
    "logCollectionToDate": "--to",
    "retentionDays": "--expires",
}


def _require(targets: list[tuple[str, str]], asked: Mapping[str, Any], last: str | None) -> None:
    """Check rules about several options."""
    names = [name for _, name in targets]
    if not targets:
        raise click.UsageError("give at least one --replica-set, --cluster or --process")
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise click.UsageError(f"each target occurs once: {', '.join(repeated)}")
    if asked["redacted"] is None:
        raise click.UsageError("give --redacted or --no-redacted, because the choice affects privacy")
    if last is not None and (asked["from_date"] or asked["to_date"]):
        raise click.UsageError("give --last, or --from and --to")


def _window(request: Request, context: Context) -> Window:
    """Return the period of a new collection."""
    from pulumi_opsmanager.cli.collection import Window
    from pulumi_opsmanager.lifecycle.kinds import WINDOW

    if request.last is None:
        return Window(from_date=request.from_date, to_date=request.to_date)
    state = WINDOW.create(context, WINDOW.check({"last": request.last}, None, None).declared.known).state
    return Window(from_date=state.log_collection_from_date, to_date=state.log_collection_to_date)


def _job(request: Request, window: Window, resource_type: str, resource_name: str) -> dict[str, Any]:
    """Return the inputs of a target's job by vendor name. Only this command restarts failed parts."""
    return {
        "resourceType": resource_type,
        "resourceName": resource_name,
        "logTypes": list(request.log_types),
        "sizeRequestedPerFileBytes": request.size_bytes,
        "redacted": request.redacted,
        "logCollectionFromDate": window.from_date,
        "logCollectionToDate": window.to_date,
        "projectId": request.project_id,
        "retentionDays": request.expires_days,
        "maxRetries": 0,
    }


def _completion(job_ids: list[str], request: Request, waiting: Mapping[str, Any]) -> dict[str, Any]:
    return {"jobIds": job_ids, "projectId": request.project_id, "onFailure": "accept", **waiting}


def _report(collector: Collector, *, as_json: bool) -> None:
    from pulumi_opsmanager.cli.operation import FAILED, PARTIAL

    outcome, targets = collector.outcome(), collector.ledger.targets
    if as_json:
        window = collector.ledger.window.model_dump(by_alias=True)
        rows = [_answer(collector, target) for target in targets]
        click.echo(json.dumps({"outcome": outcome, "window": window, "targets": rows}, indent=2))
    else:
        show(_COLUMNS, [_cells(collector, target) for target in targets])
        for name, problem in collector.problems.items():
            click.echo(f"{name}: {printable(problem)}", err=True)
    if outcome == "complete":
        return
    if any(not target.has_begun for target in targets):
        click.echo("Correct what the server refused, and run the command again.", err=True)
    if any(target.has_begun and not (collector.is_complete(target) or target.deleted) for target in targets):
        click.echo("Run the same command again to restart the failed parts and to store what is missing.", err=True)
    raise click.exceptions.Exit(PARTIAL if outcome == "partial" else FAILED)


def _answer(collector: Collector, target: Target) -> dict[str, Any]:
    archive = target.archive if collector.has_archive(target) else None
    return {
        "resourceType": target.resource_type,
        "resourceName": target.resource_name,
        "jobId": target.job_id,
        "status": target.status,
        "deleted": target.deleted,
        "file": f"{collector.folder}{archive.file}" if archive else None,
        "sha256": archive.sha256 if archive else None,
        "sizeBytes": archive.size_bytes if archive else None,
        "complete": collector.is_complete(target),
        "missing": [part.model_dump(by_alias=True) for part in archive.missing] if archive else [],
        "problem": collector.problems.get(target.name),
    }


def _cells(collector: Collector, target: Target) -> tuple[str | None, ...]:
    archive = target.archive if collector.has_archive(target) else None
    return (
        target.name,
        target.job_id,
        "deleted" if target.deleted else target.status,
        archive.file if archive else None,
        size(archive.size_bytes) if archive else None,
        "missing" if archive is None else "complete" if archive.complete else "partial",
        archive.sha256 if archive else None,
    )
