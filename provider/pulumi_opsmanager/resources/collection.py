"""Logs of many deployments from one declaration: jobs, their completion, and verified archives.

`make generate` writes the parameters after `archive_dir` from the schema.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar

import pulumi

from pulumi_opsmanager.schema.archive import ArchiveInputs
from pulumi_opsmanager.schema.completion import CompletionInputs
from pulumi_opsmanager.schema.fields import Declaration, fields_of
from pulumi_opsmanager.schema.job import JobInputs
from pulumi_opsmanager.schema.types import IfMissingWord, LogTypeWord, OnExpiredWord, VerifyWord

from .archive import LogArchive
from .completion import LogCollectionCompletion
from .job import LogCollectionJob
from .options import WAIT_TIMEOUT, require_supported
from .target import Target, checked_targets
from .window import LogCollectionWindow

PARTS = (JobInputs, CompletionInputs, ArchiveInputs)
"""The inputs that a collection passes on: to its jobs, its completion and its archives."""

DECIDED = frozenset({"resource_type", "resource_name", "max_retries", "job_ids", "on_failure", "job_id", "path"})
"""Inputs that a collection sets itself."""

_Texts = pulumi.Output[dict[str, str]]


class LogCollection(pulumi.ComponentResource):
    """Logs of many targets: one job for each target, one completion for all jobs, and one archive for each job.

    `archive_dir` decides whether archives are downloaded. If the job of a target fails, only the archive of that target
    is missing; the next `up` tries it again. Only the completion restarts failed parts. A change of `triggers` also
    moves the period of `last` to the present.

    Attributes:
        jobs: Job of each target, by the target's resource name. The other maps have the same keys.
        completion: The completion that waits for the jobs.
        download_urls: URL of each archive on the server.
        statuses: Status of each job at the end of the wait.
        archives: Path or URL of each archive file. Empty without `archive_dir`. After a failed `up`, the stored ones.
        results: What was collected of each target: `file`, `sha256`, `complete`, `missing` and `status`. Values that
            this `up` does not have are absent.
    """

    jobs: Mapping[str, LogCollectionJob]
    completion: LogCollectionCompletion
    download_urls: pulumi.Output[dict[str, str]]
    statuses: pulumi.Output[dict[str, str]]
    archives: pulumi.Output[dict[str, str]]
    results: pulumi.Output[dict[str, dict[str, Any]]]

    # The classes of the parts.
    _job: ClassVar[type[LogCollectionJob]] = LogCollectionJob
    _completion: ClassVar[type[LogCollectionCompletion]] = LogCollectionCompletion
    _archive: ClassVar[type[LogArchive]] = LogArchive
    _window: ClassVar[type[LogCollectionWindow]] = LogCollectionWindow

    def __init__(
        self,
        name: str,
        *,
        targets: Sequence[Target],
        last: pulumi.Input[str] | None = None,
        archive_dir: str | PathLike[str] | None = None,
        log_types: pulumi.Input[Collection[pulumi.Input[LogTypeWord | str]]],
        size_requested_per_file_bytes: pulumi.Input[int | str],
        redacted: pulumi.Input[bool],
        log_collection_from_date: pulumi.Input[str | datetime] | None = None,
        log_collection_to_date: pulumi.Input[str | datetime] | None = None,
        project_id: pulumi.Input[str] | None = None,
        expiration_date: pulumi.Input[str | datetime] | None = None,
        retention_days: pulumi.Input[int | str] | None = None,
        renew_when_days_left: pulumi.Input[int | str] | None = None,
        on_expired: pulumi.Input[OnExpiredWord] | None = None,
        triggers: pulumi.Input[Sequence[Any]] | None = None,
        timeout_seconds: pulumi.Input[float | str] | None = None,
        poll_interval_seconds: pulumi.Input[float | str] | None = None,
        max_retries_per_run: pulumi.Input[int] | None = None,
        require_complete: pulumi.Input[bool] | None = None,
        keep_on_delete: pulumi.Input[bool] | None = None,
        if_missing: pulumi.Input[IfMissingWord] | None = None,
        verify: pulumi.Input[VerifyWord] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a collection.

        Args:
            name: Pulumi's name of the component, unique in the stack. The parts are named `NAME/TARGET`.
            targets: What to collect from: `ReplicaSet(name)`, `Cluster(name)` and `Process(name)`. Each name occurs
                once. A new target changes no other one.
            last: Length of the collected period, such as `2h`. It ends at the `up` that creates the collection.
                Default: `log_collection_from_date` and `log_collection_to_date` apply.
            archive_dir: Folder for the archive files, created if it is missing, or URL such as `s3://BUCKET/PREFIX`.
                Default: nothing is downloaded.
            log_types: Log types to collect: `MONGODB`, `FTDC`, `AUTOMATION_AGENT`, `BACKUP_AGENT`, `MONITORING_AGENT`.
            size_requested_per_file_bytes: Uncompressed bytes to collect per log type and per process or host, newest
                lines first. Text with a unit works too: `100MB`, `1GiB`.
            redacted: If true, the server replaces IP addresses, host names, namespaces and string values in the logs.
            log_collection_from_date: Start of the collected period (RFC 3339 with time zone). Default: the newest
                lines, whatever their date.
            log_collection_to_date: End of the collected period, included (RFC 3339 with time zone). Default: the newest
                lines, whatever their date.
            project_id: Project of the job: 24 lower-case hexadecimal digits, the API's group ID. Default: the
                configured project when the job is created.
            expiration_date: When the server deletes the archive (RFC 3339 with time zone). Default: the server decides,
                usually 30 days after the creation.
            retention_days: Days from the job's creation until the server deletes the archive. Text with a unit works
                too: `90d`, `2w`. Default: `expiration_date` applies, or the server decides.
            renew_when_days_left: When fewer days than this are left, the next run moves the expiry. Text with a unit
                works too: `90d`, `2w`. Default: no run renews the expiry.
            on_expired: What to do when the job has expired: `keep` it in the state, `recreate` it (collect again) or
                `fail` the run. Default: `keep`.
            triggers: List of text, numbers, booleans, lists and maps; a change starts a new job. Default: no triggers.
            timeout_seconds: How long one run waits (seconds). Text with a unit works too: `90s`, `30m`, `2h`. Default:
                3600.
            poll_interval_seconds: Time between the first two status requests (seconds). Text with a unit works too:
                `90s`, `30m`, `2h`. Default: 5.
            max_retries_per_run: Maximum number of restarts of the failed parts of each job within one run. Default: 1.
            require_complete: If true, an incomplete archive is an error and is not stored. Default: true.
            keep_on_delete: If true, a delete keeps the archive file; if false, a delete removes it. Default: true.
            if_missing: What to do when the archive file is missing or changed: `download` it again or `ignore` it.
                Default: `download`.
            verify: How a read compares the archive with the verified one: by `stat` or by `hash`. Default: `stat`.
            opts: Pulumi's resource options.

        Raises:
            RunError: Two targets have one name, a target or `archive_dir` is invalid, `last` is given beside a date, or
                an option has no effect.
        """
        arguments = dict(locals())
        where = f"LogCollection {name!r}"
        require_supported(where, opts, instead=WAIT_TIMEOUT)
        targets = checked_targets(name, targets)
        if archive_dir is not None and not isinstance(archive_dir, (str, PathLike)):
            kind = type(archive_dir).__name__
            raise pulumi.RunError(
                f"{where}: archive_dir must be text or a Path, known when the program runs, not {kind}"
            )
        super().__init__("opsmanager:index:LogCollection", name, None, opts)
        here = pulumi.ResourceOptions(parent=self)
        # The completion restarts what failed, within the same `up`.
        inputs = _handed_on(JobInputs, arguments) | {"max_retries": 0}
        if last is not None:
            if log_collection_from_date is not None or log_collection_to_date is not None:
                raise pulumi.RunError(f"{where}: give last, or log_collection_from_date and log_collection_to_date")
            window = self._window(name, last=last, triggers=triggers, opts=here)
            inputs |= {key: getattr(window, key) for key in ("log_collection_from_date", "log_collection_to_date")}
        self.jobs = {
            target.resource_name: self._job(
                f"{name}/{target.resource_name}",
                resource_type=target.resource_type,
                resource_name=target.resource_name,
                **inputs,
                opts=here,
            )
            for target in targets
        }
        inputs = _handed_on(CompletionInputs, arguments)
        if self.jobs:
            inputs["project_id"] = _one_project(name, self.jobs)
        job_ids = [job.id for job in self.jobs.values()]
        self.completion = self._completion(name, job_ids=job_ids, on_failure="accept", **inputs, opts=here)
        ids = _together({key: job.id for key, job in self.jobs.items()})
        archives: dict[str, LogArchive] = {}
        if archive_dir is not None:
            inputs = _handed_on(ArchiveInputs, arguments) | {"path": _folder(archive_dir), "triggers": None}
            for key, job in self.jobs.items():
                earlier = _predecessors(job, self.completion, ids, archives)
                options = pulumi.ResourceOptions(parent=self, depends_on=earlier)
                # Outputs of the job: those of the completion are unknown in each preview that waits for a job.
                ids_of_job = {"job_id": job.id, "project_id": job.project_id}
                archives[key] = self._archive(f"{name}/{key}", **inputs | ids_of_job, opts=options)
        self.download_urls = _those_known({key: job.download_url for key, job in self.jobs.items()})
        files: dict[str, pulumi.Output[Any]] = {key: archive.file for key, archive in archives.items()}
        self.archives = _stored(files, ids, self.completion, require_complete)
        self.statuses = pulumi.Output.all(ids, self.completion.statuses).apply(
            # An `up` that leaves out the completion has no statuses.
            lambda known: {key: known[1][job_id] for key, job_id in known[0].items() if job_id in (known[1] or ())}
        )
        verified = _stored(
            {key: _verified(one) for key, one in archives.items()}, ids, self.completion, require_complete
        )
        self.results = pulumi.Output.all(ids, self.statuses, verified).apply(_merged)
        self.register_outputs(
            {
                "downloadUrls": self.download_urls,
                "statuses": self.statuses,
                "archives": self.archives,
                "results": self.results,
            }
        )


def _folder(given: str | PathLike[str]) -> str:
    """The folder as the beginning of an archive's path. `Path` would remove one of the two slashes of a URL."""
    if isinstance(given, str) and "://" in given:
        return f"{given.rstrip('/')}/"
    return f"{Path(given)}/"


def _handed_on(part: type[Declaration], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a collection that are inputs of a part."""
    return {field.name: arguments[field.name] for field in fields_of(part).values() if field.name in arguments}


def _one_project(name: str, jobs: Mapping[str, LogCollectionJob]) -> pulumi.Output[str]:
    """The project of all jobs. An existing job keeps its project when the configured project changes."""

    def agree(projects: list[str]) -> str:
        if len(set(projects)) > 1:
            raise pulumi.RunError(
                f"LogCollection {name!r}: its jobs are in the projects {', '.join(sorted(set(projects)))}; "
                "set project_id to the project of the existing jobs"
            )
        return projects[0]

    return pulumi.Output.all(*(job.project_id for job in jobs.values())).apply(agree)


def _predecessors(
    job: LogCollectionJob, completion: LogCollectionCompletion, ids: _Texts, archives: Mapping[str, LogArchive]
) -> pulumi.Output[list[LogArchive]]:
    """What an archive waits for: the completion and, if its job failed, the archives of the successful jobs.

    The engine stops at the first error, so the other archives must be stored before.
    """

    def others(known: list[Any]) -> Any:
        own, failed = known[0], {job.job_id for job in known[1] or ()}
        if own not in failed:
            return []
        return ids.apply(lambda by_key: [archives[key] for key, job_id in by_key.items() if job_id not in failed])

    return pulumi.Output.all(job.id, completion.failed_jobs).apply(others)


def _verified(archive: LogArchive) -> pulumi.Output[dict[str, Any]]:
    """The outputs of an archive that are part of the results."""
    values = {name: getattr(archive, name) for name in ("file", "sha256", "complete", "missing")}
    return pulumi.Output.all(**values).apply(
        lambda found: found | {"missing": [vars(part) for part in found["missing"]]}
    )


def _merged(known: list[Any]) -> dict[str, dict[str, Any]]:
    """The results of each target: the outputs of its archive and the status of its job."""
    ids, statuses, verified = known
    return {key: {**(verified.get(key) or {}), **({"status": statuses[key]} if key in statuses else {})} for key in ids}


def _stored(
    files: Mapping[str, pulumi.Output[Any]],
    ids: _Texts,
    completion: LogCollectionCompletion,
    require_complete: pulumi.Input[bool] | None,
) -> pulumi.Output[dict[str, Any]]:
    """Outputs of archives by target. The archive of a failed job is left out, unless incomplete ones are accepted.

    The archive of a failed job comes last and ends the `up`. The state has the other archives by then.
    """
    if pulumi.runtime.is_dry_run() or not files:
        return _together(files)

    def choose(known: list[Any]) -> pulumi.Output[dict[str, Any]]:
        by_key, failed, takes_all = known[0], {job.job_id for job in known[1] or ()}, known[2] is False
        return _those_known({key: file for key, file in files.items() if takes_all or by_key[key] not in failed})

    return pulumi.Output.all(ids, completion.failed_jobs, require_complete).apply(choose)


def _those_known(outputs: Mapping[str, pulumi.Output[Any]]) -> pulumi.Output[dict[str, Any]]:
    """A map of outputs as an output of a map. An `up` leaves out unknown outputs, whose resources failed.

    With `--continue-on-error` the program continues, and one unknown value would make the map unknown.
    """
    if pulumi.runtime.is_dry_run():
        return _together(outputs)

    async def found() -> Any:
        return {key: output for key, output in outputs.items() if await output.is_known()}

    known: pulumi.Output[dict[str, Any]] = pulumi.Output.from_input(found())
    return known


def _together(outputs: Mapping[str, pulumi.Output[Any]]) -> pulumi.Output[dict[str, Any]]:
    """A map of outputs as an output of a map. The map may be empty."""
    known: Any = dict(outputs)
    return pulumi.Output.from_input(known)
