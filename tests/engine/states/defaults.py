"""Each resource with only its required inputs."""

import pulumi

import pulumi_opsmanager as om

logs = om.LogCollectionJob(
    "logs",
    resource_type="REPLICASET",
    resource_name="rs0",
    log_types=["MONGODB", "FTDC"],
    size_requested_per_file_bytes=10_000,
    redacted=True,
)
finished = om.LogCollectionCompletion("finished", job_ids=[logs.id])
archive = om.LogArchive(
    "archive", job_id=logs.id, path="logs.tar.gz", opts=pulumi.ResourceOptions(depends_on=[finished])
)
incident = om.LogCollection(
    "incident",
    targets=[om.ReplicaSet("rs1")],
    log_types=["MONGODB"],
    size_requested_per_file_bytes=10_000,
    redacted=True,
)

pulumi.export("status", logs.status)
pulumi.export("sha256", archive.sha256)
pulumi.export("statuses", incident.statuses)
