"""Keep the archive of a job for 90 days, and move its expiry when fewer than 30 days are left."""

import pulumi

import pulumi_opsmanager as om

audit = om.LogCollectionJob(
    "audit",
    resource_type="REPLICASET",
    resource_name="rs0",
    log_types=["MONGODB"],
    size_requested_per_file_bytes=100_000_000,
    redacted=True,
    retention_days=pulumi.Config().get_int("retentionDays") or 90,
    renew_when_days_left=30,
    on_expired="fail",
)

pulumi.export("expires", audit.expiration_date)
