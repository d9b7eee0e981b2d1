"""Wait for a job, then keep a verified copy of its archive."""

import pulumi

import pulumi_opsmanager as om

config = pulumi.Config()

logs = om.LogCollectionJob(
    "logs",
    resource_type="REPLICASET",
    resource_name=config.get("replicaSet") or "rs0",
    log_types=["MONGODB", "FTDC"],
    size_requested_per_file_bytes=10_000_000,
    redacted=True,
)

finished = om.LogCollectionCompletion("finished", job_ids=[logs.id])

archive = om.LogArchive(
    "archive",
    job_id=logs.id,
    path="archives/",
    opts=pulumi.ResourceOptions(depends_on=[finished]),
)

pulumi.export("file", archive.file)
pulumi.export("sha256", archive.sha256)
# What another provider's bucket object takes: the file is known only once it is whole.
pulumi.export("asset", archive.file.apply(pulumi.FileAsset))
