"""Collect the last two hours of three deployments, and store a verified archive of each on this disk."""

import pulumi

import pulumi_opsmanager as om

incident = om.LogCollection(
    "incident",
    targets=[
        om.ReplicaSet("rs0"),
        om.Cluster("shop"),
        om.Process("db1.example.net:27017"),
    ],
    log_types=["MONGODB", "FTDC", "AUTOMATION_AGENT"],
    size_requested_per_file_bytes=100_000_000,
    redacted=True,
    last="2h",
    archive_dir="archives",
)

pulumi.export("archives", incident.archives)
pulumi.export("statuses", incident.statuses)
