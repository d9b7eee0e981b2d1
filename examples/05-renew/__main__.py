"""Keep the archive of a job: ninety days, renewed by a nightly up when fewer than thirty are left."""

import pulumi

import pulumi_opsmanager as om

config = pulumi.Config()

audit = om.LogCollectionJob(
    "audit",
    resource_type="REPLICASET",
    resource_name=config.get("replicaSet") or "rs0",
    log_types=["MONGODB"],
    size_requested_per_file_bytes=10_000_000,
    redacted=True,
    retention_days=90,
    renew_when_days_left=30,
    on_expired="fail",
)

pulumi.export("job_id", audit.id)
pulumi.export("expires", audit.expiration_date)
