"""What the pipeline applies: logs of these deployments, as artifacts of the build, and renewed every night."""

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
    # A runner's disk is new every time: what one run has downloaded is its artifact, and no later run's business.
    if_missing="ignore",
)

pulumi.export("statuses", logs.statuses)
pulumi.export("download_urls", logs.download_urls)
