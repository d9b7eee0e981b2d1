"""Move the expiry of a job in place: change `expires` and run up again."""

import pulumi

import pulumi_opsmanager as om

config = pulumi.Config()

logs = om.LogCollectionJob(
    "logs",
    resource_type="REPLICASET",
    resource_name=config.get("replicaSet") or "rs0",
    log_types=["MONGODB"],
    size_requested_per_file_bytes=10_000_000,
    redacted=True,
    expiration_date=config.require("expires"),
)

pulumi.export("job_id", logs.id)
pulumi.export("expires", logs.expiration_date)
