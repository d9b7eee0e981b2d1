"""Rules for log collection jobs. Pulumi applies them in each preview, and in `up` before it creates or changes a job.

The rules read checked inputs: the project ID is filled in from the configuration, and dates are in UTC. If a value is
unknown in the preview, `up` checks it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

# The types of a job: in Python programs, and in programs of other languages.
JOBS = ("pulumi-python:dynamic/opsmanager:LogCollectionJob", "opsmanager:index:LogCollectionJob")

Rule = Callable[[ResourceValidationArgs, ReportViolation], None]


def of_jobs(rule: Rule) -> Rule:
    """Apply a rule only to log collection jobs."""
    return lambda args, report: rule(args, report) if args.resource_type in JOBS else None


def redacted(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.props["redacted"] is not True:
        report("redacted must be True.", None)


def size_per_file(args: ResourceValidationArgs, report: ReportViolation) -> None:
    size, limit = args.props["sizeRequestedPerFileBytes"], args.get_config()["maxBytes"]
    if size > limit:
        report(f"size_requested_per_file_bytes={size:.0f} is too high; at most {limit:.0f} bytes are allowed.", None)


def retention(args: ResourceValidationArgs, report: ReportViolation) -> None:
    config = args.get_config()
    limit = timedelta(days=config["maxDays"])
    days, expires = args.props.get("retentionDays"), args.props.get("expirationDate")
    if days is not None and timedelta(days=days) > limit:
        report(f"retention_days={days:.0f} is too high; at most {limit.days} days are allowed.", None)
    if expires is not None and instant(expires) - datetime.now(timezone.utc) > limit:
        report(f"expiration_date={expires} is too late; at most {limit.days} days from now are allowed.", None)
    if args.props.get("renewWhenDaysLeft") is not None and not config["allowRenewal"]:
        report("renew_when_days_left is not allowed, because it keeps the archive for up to six months.", None)


def expiry_declared(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.props.get("retentionDays") is None and args.props.get("expirationDate") is None:
        report("Set retention_days or expiration_date. Without them the server decides, usually 30 days.", None)


def projects(args: ResourceValidationArgs, report: ReportViolation) -> None:
    project, allowed = args.props["projectId"], args.get_config()["allowed"]
    if allowed and project not in allowed:
        report(f"project_id={project} is not allowed; allowed projects: {', '.join(allowed)}.", None)


def jobs_per_stack(args: StackValidationArgs, report: ReportViolation) -> None:
    count, limit = sum(resource.resource_type in JOBS for resource in args.resources), args.get_config()["maxJobs"]
    if count > limit:
        report(f"The stack has {count} jobs; at most {limit:.0f} are allowed.", None)


def instant(text: str) -> datetime:
    # Python 3.10 does not read the Z.
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def config(**properties: dict[str, Any]) -> PolicyConfigSchema:
    return PolicyConfigSchema(properties)


PolicyPack(
    name="opsmanager-logs",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[
        ResourceValidationPolicy("redaction", "Each job must set redacted to True.", of_jobs(redacted)),
        ResourceValidationPolicy(
            "size-per-file",
            "A job must not request more bytes of each log than maxBytes.",
            of_jobs(size_per_file),
            config_schema=config(maxBytes={"type": "integer", "minimum": 1, "default": 100_000_000}),
        ),
        StackValidationPolicy(
            "jobs-per-stack",
            "A stack must not have more jobs than maxJobs. Each target has one job.",
            jobs_per_stack,
            config_schema=config(maxJobs={"type": "integer", "minimum": 1, "default": 20}),
        ),
        ResourceValidationPolicy(
            "retention",
            "A job must not keep its archive for more days than maxDays.",
            of_jobs(retention),
            config_schema=config(
                maxDays={"type": "integer", "minimum": 1, "maximum": 184, "default": 90},
                allowRenewal={"type": "boolean", "default": True},
            ),
        ),
        ResourceValidationPolicy(
            "projects",
            "Jobs must be in one of the allowed projects. An empty list allows every project.",
            of_jobs(projects),
            config_schema=config(
                allowed={"type": "array", "items": {"type": "string", "pattern": "^[0-9a-f]{24}$"}, "default": []}
            ),
        ),
        ResourceValidationPolicy(
            "expiry-declared",
            "Each job should set retention_days or expiration_date.",
            of_jobs(expiry_declared),
            enforcement_level=EnforcementLevel.ADVISORY,
        ),
    ],
)
