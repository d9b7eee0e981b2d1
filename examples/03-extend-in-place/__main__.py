"""Move the expiry of a job: change `expires` and run `pulumi up` again. The job and its archive stay."""

import pulumi

import pulumi_opsmanager as om

kept = om.LogCollectionJob(
    "kept",
    resource_type="REPLICASET",
    resource_name="rs0",
    log_types=["MONGODB"],
    size_requested_per_file_bytes=10_000_000,
    redacted=True,
    expiration_date=pulumi.Config().require("expires"),
)

pulumi.export("job_id", kept.id)
pulumi.export("expires", kept.expiration_date)
