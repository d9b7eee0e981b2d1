"""Collect the logs and diagnostic data (FTDC) of one replica set, redacted."""

import pulumi

import pulumi_opsmanager as om

logs = om.LogCollectionJob(
    "logs",
    resource_type="REPLICASET",
    resource_name="rs0",
    log_types=["MONGODB", "FTDC"],
    size_requested_per_file_bytes=10_000_000,
    redacted=True,
    expiration_date=pulumi.Config().get("expirationDate"),
)

pulumi.export("job_id", logs.id)
pulumi.export("status", logs.status)
pulumi.export("download_url", logs.download_url)
