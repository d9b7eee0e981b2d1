"""Logs of many deployments from one declaration: jobs, their completion, and verified archives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

import pulumi

from pulumi_opsmanager.schema.types import IfMissingWord, LogTypeWord, OnExpiredWord

from .archive import LogArchive
from .completion import LogCollectionCompletion
from .job import LogCollectionJob
from .options import WAIT_TIMEOUT, require_supported
from .target import Target, checked_targets
from .window import LogCollectionWindow


class LogCollection(pulumi.ComponentResource):
    """One job for each target, one completion for all, and an archive for each where a folder is given.

    A target that fails costs its own archive only: the others are written, and the next `up` tries it again.

    Attributes:
        jobs: The jobs, by the target's resource name, as are the other maps.
        completion: What waits for them.
        download_urls: Where the archives can be fetched.
        statuses: Status of each job when the wait ended.
        archives: Paths of the archive files. After a failed `up` those that were stored; empty without `archive_dir`.
    """

    jobs: Mapping[str, LogCollectionJob]
    completion: LogCollectionCompletion
    download_urls: pulumi.Output[dict[str, str]]
    statuses: pulumi.Output[dict[str, str]]
    archives: pulumi.Output[dict[str, str]]

    def __init__(
        self,
        name: str,
        *,
        targets: Sequence[Target],
        log_types: pulumi.Input[Collection[pulumi.Input[LogTypeWord | str]]],
        size_requested_per_file_bytes: pulumi.Input[int],
        redacted: pulumi.Input[bool],
        last: pulumi.Input[str] | None = None,
        log_collection_from_date: pulumi.Input[str | datetime] | None = None,
        log_collection_to_date: pulumi.Input[str | datetime] | None = None,
        project_id: pulumi.Input[str] | None = None,
        expiration_date: pulumi.Input[str | datetime] | None = None,
        retention_days: pulumi.Input[int] | None = None,
        renew_when_days_left: pulumi.Input[int] | None = None,
        on_expired: pulumi.Input[OnExpiredWord] | None = None,
        max_retries_per_run: pulumi.Input[int] | None = None,
        timeout_seconds: pulumi.Input[float] | None = None,
        poll_interval_seconds: pulumi.Input[float] | None = None,
        archive_dir: str | PathLike[str] | None = None,
        require_complete: pulumi.Input[bool] | None = None,
        keep_on_delete: pulumi.Input[bool] | None = None,
        if_missing: pulumi.Input[IfMissingWord] | None = None,
        triggers: pulumi.Input[Sequence[Any]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a collection. What is not described here is handed on to the jobs, the completion or the archives.

        Args:
            name: Pulumi's name of the component; what is in it is named `NAME/TARGET`.
            targets: `ReplicaSet(name)`, `Cluster(name)` and `Process(name)`; no two of one name. Adding one touches no
                other.
            log_types: As of a job.
            size_requested_per_file_bytes: As of a job.
            redacted: As of a job.
            last: Collect the last `2h` before the `up` that made the collection, instead of two dates.
            log_collection_from_date: As of a job.
            log_collection_to_date: As of a job.
            project_id: As of a job.
            expiration_date: As of a job.
            retention_days: As of a job.
            renew_when_days_left: As of a job.
            on_expired: As of a job.
            max_retries_per_run: As of a completion, which alone restarts failed parts here.
            timeout_seconds: As of a completion.
            poll_interval_seconds: As of a completion.
            archive_dir: Folder for the archives, made where it is missing; nothing else is put there. None downloads
                nothing.
            require_complete: As of an archive.
            keep_on_delete: As of an archive.
            if_missing: As of an archive.
            triggers: Text, numbers, booleans, lists and maps in a list; a change collects everything again,
                with a window that ends then.
            opts: Pulumi's resource options.

        Raises:
            RunError: Two targets of one name, something that is no target or no folder, `last` beside dates, or an
                option that no resource of ours has.
        """
        require_supported(f"LogCollection {name!r}", opts, instead=WAIT_TIMEOUT)
        targets = checked_targets(name, targets)
        if archive_dir is not None and not isinstance(archive_dir, (str, PathLike)):
            kind = type(archive_dir).__name__
            raise pulumi.RunError(
                f"LogCollection {name!r}: archive_dir must be text or a Path, known when the program runs, not {kind}"
            )
        super().__init__("opsmanager:index:LogCollection", name, None, opts)
        here = pulumi.ResourceOptions(parent=self)
        if last is not None:
            if log_collection_from_date is not None or log_collection_to_date is not None:
                raise pulumi.RunError(f"LogCollection {name!r}: last excludes log_collection_from_date and _to_date")
            window = LogCollectionWindow(name, last=last, triggers=triggers, opts=here)
            log_collection_from_date = window.log_collection_from_date
            log_collection_to_date = window.log_collection_to_date
        self.jobs = {
            target.resource_name: LogCollectionJob(
                f"{name}/{target.resource_name}",
                resource_type=target.resource_type,
                resource_name=target.resource_name,
                log_types=log_types,
                size_requested_per_file_bytes=size_requested_per_file_bytes,
                redacted=redacted,
                log_collection_from_date=log_collection_from_date,
                log_collection_to_date=log_collection_to_date,
                project_id=project_id,
                expiration_date=expiration_date,
                retention_days=retention_days,
                renew_when_days_left=renew_when_days_left,
                on_expired=on_expired,
                # The completion restarts what failed, within the same `up`.
                max_retries=0,
                triggers=triggers,
                opts=here,
            )
            for target in targets
        }
        self.completion = LogCollectionCompletion(
            name,
            job_ids=[job.id for job in self.jobs.values()],
            project_id=_one_project(name, self.jobs) if self.jobs else project_id,
            timeout_seconds=timeout_seconds,
            poll_interval_seconds=poll_interval_seconds,
            max_retries_per_run=max_retries_per_run,
            on_failure="accept",
            opts=here,
        )
        ids = _together({key: job.id for key, job in self.jobs.items()})
        archives: dict[str, LogArchive] = {}
        if archive_dir is not None:
            folder = f"{Path(archive_dir)}/"
            for key, job in self.jobs.items():
                archives[key] = LogArchive(
                    f"{name}/{key}",
                    # Not from the completion: its outputs are unknown in every preview that waits for any one job.
                    job_id=job.id,
                    path=folder,
                    project_id=job.project_id,
                    require_complete=require_complete,
                    keep_on_delete=keep_on_delete,
                    if_missing=if_missing,
                    opts=pulumi.ResourceOptions(
                        parent=self, depends_on=_predecessors(job, self.completion, ids, archives)
                    ),
                )
        self.download_urls = _those_known({key: job.download_url for key, job in self.jobs.items()})
        self.archives = _stored(archives, ids, self.completion, require_complete)
        self.statuses = pulumi.Output.all(ids, self.completion.statuses).apply(
            # An `up` that leaves the completion out knows nothing of its jobs.
            lambda known: {key: known[1][job_id] for key, job_id in known[0].items() if job_id in (known[1] or ())}
        )
        self.register_outputs(
            {"downloadUrls": self.download_urls, "statuses": self.statuses, "archives": self.archives}
        )


def _one_project(name: str, jobs: Mapping[str, LogCollectionJob]) -> pulumi.Output[str]:
    """The project of all jobs: one that exists stays where it was made, also when the default changes."""

    def agree(projects: list[str]) -> str:
        if len(set(projects)) > 1:
            raise pulumi.RunError(
                f"LogCollection {name!r}: its jobs are in the projects {', '.join(sorted(set(projects)))}; "
                "name the one of the jobs that exist by project_id"
            )
        return projects[0]

    return pulumi.Output.all(*(job.project_id for job in jobs.values())).apply(agree)


def _predecessors(
    job: LogCollectionJob,
    completion: LogCollectionCompletion,
    ids: pulumi.Output[dict[str, str]],
    archives: Mapping[str, LogArchive],
) -> pulumi.Output[list[LogArchive]]:
    """What an archive waits for: the completion; where its job failed, the archives of those that did not as well.

    The engine stops at the first error, and the others are to be written before.
    """

    def others(known: list[Any]) -> Any:
        own, failed = known[0], {job.job_id for job in known[1] or ()}
        if own not in failed:
            return []
        return ids.apply(lambda by_key: [archives[key] for key, job_id in by_key.items() if job_id not in failed])

    return pulumi.Output.all(job.id, completion.failed_jobs).apply(others)


def _stored(
    archives: Mapping[str, LogArchive],
    ids: pulumi.Output[dict[str, str]],
    completion: LogCollectionCompletion,
    require_complete: pulumi.Input[bool] | None,
) -> pulumi.Output[dict[str, str]]:
    """The files by target, without those that this `up` cannot store: a failed archive must not hide the others.

    The archive of a failed job comes last and ends the `up`. What does not wait for it is in the state by then.
    """
    files = {key: archive.file for key, archive in archives.items()}
    if pulumi.runtime.is_dry_run() or not files:
        return _together(files)

    def choose(known: list[Any]) -> pulumi.Output[dict[str, str]]:
        by_key, failed, takes_all = known[0], {job.job_id for job in known[1] or ()}, known[2] is False
        return _those_known({key: file for key, file in files.items() if takes_all or by_key[key] not in failed})

    return pulumi.Output.all(ids, completion.failed_jobs, require_complete).apply(choose)


def _those_known(outputs: Mapping[str, pulumi.Output[str]]) -> pulumi.Output[dict[str, str]]:
    """A map of outputs as an output of a map; in an `up` without the unknown ones, whose resources failed.

    With `--continue-on-error` the program goes on, and one unknown value would make the complete map unknown.
    """
    if pulumi.runtime.is_dry_run():
        return _together(outputs)

    async def found() -> Any:
        return {key: output for key, output in outputs.items() if await output.is_known()}

    known: pulumi.Output[dict[str, str]] = pulumi.Output.from_input(found())
    return known


def _together(outputs: Mapping[str, pulumi.Output[str]]) -> pulumi.Output[dict[str, str]]:
    """A map of outputs as an output of a map, also where there are none."""
    known: Any = dict(outputs)
    return pulumi.Output.from_input(known)
