"""Each resource with all its inputs."""

import pulumi

import pulumi_opsmanager as om

PROJECT = "66f2a41b9d3c5e0012ab34cd"

logs = om.LogCollectionJob(
    "logs",
    resource_type="process",
    resource_name="db1.example.net:27017",
    log_types=["mongodb", "FTDC", "AUTOMATION_AGENT"],
    size_requested_per_file_bytes=10_000,
    redacted=False,
    log_collection_from_date="2026-03-01T00:00:00Z",
    log_collection_to_date="2026-03-02T00:00:00+01:00",
    project_id=PROJECT,
    retention_days=60,
    renew_when_days_left=7,
    on_expired="recreate",
    max_retries=2,
    triggers=["nightly", {"ticket": 7, "open": True}],
)
finished = om.LogCollectionCompletion(
    "finished",
    job_ids=[logs.id],
    project_id=PROJECT,
    timeout_seconds=600,
    poll_interval_seconds=1,
    max_retries_per_run=0,
    on_failure="accept",
)
archive = om.LogArchive(
    "archive",
    job_id=logs.id,
    path="kept/logs.tar.gz",
    project_id=PROJECT,
    require_complete=False,
    keep_on_delete=False,
    if_missing="ignore",
    verify="stat",
    triggers=[None, 2.5],
    opts=pulumi.ResourceOptions(depends_on=[finished]),
)
window = om.LogCollectionWindow("window", last="90m", triggers=["nightly"])
incident = om.LogCollection(
    "incident",
    targets=[om.ReplicaSet("rs1"), om.Cluster("shop"), om.Process("db2.example.net:27017")],
    log_types=["MONGODB", "FTDC"],
    size_requested_per_file_bytes=10_000,
    redacted=True,
    last="2h",
    archive_dir="archives",
    triggers=["nightly"],
)

pulumi.export("window", window.log_collection_from_date)
pulumi.export("archives", incident.archives)
