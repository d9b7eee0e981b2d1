"""The pipeline collects the logs of two deployments, keeps them as artifacts, and renews the jobs every night."""

import pulumi

import pulumi_opsmanager as om

logs = om.LogCollection(
    "logs",
    targets=[om.ReplicaSet("rs0"), om.Cluster("shop")],
    log_types=["MONGODB", "FTDC"],
    size_requested_per_file_bytes=10_000_000,
    redacted=True,
    retention_days=90,
    renew_when_days_left=30,
    archive_dir="archives",
    # Each runner starts with an empty disk. An archive is an artifact of the run that downloaded it.
    if_missing="ignore",
)

pulumi.export("statuses", logs.statuses)
pulumi.export("download_urls", logs.download_urls)
