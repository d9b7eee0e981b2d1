"""The logs of one replica set, as a verified archive in the folder archives."""

import pulumi

import pulumi_opsmanager as om

logs = om.LogCollection(
    "logs",
    targets=[om.ReplicaSet("rs0")],
    log_types=["MONGODB", "FTDC"],
    size_requested_per_file_bytes="10MB",
    redacted=True,
    archive_dir="archives",
)
pulumi.export("archives", logs.archives)
