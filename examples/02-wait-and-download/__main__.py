"""Wait for a job, then store its verified archive on this disk."""

import pulumi

import pulumi_opsmanager as om

job = om.LogCollectionJob(
    "rs0",
    resource_type="REPLICASET",
    resource_name="rs0",
    log_types=["MONGODB"],
    size_requested_per_file_bytes=10_000_000,
    redacted=True,
)
finished = om.LogCollectionCompletion("finished", job_ids=[job.id], timeout_seconds=1800)
archive = om.LogArchive("archive", job_id=job.id, path="archives/", opts=pulumi.ResourceOptions(depends_on=[finished]))

pulumi.export("job_id", job.id)
pulumi.export("file", archive.file)
pulumi.export("asset", archive.file.apply(pulumi.FileAsset))
