"""Use two Ops Managers in one program, each with its own address and keys."""

import pulumi

import pulumi_opsmanager as om

config = pulumi.Config()

east = om.Provider(
    "east",
    base_url="https://om-east.example.net:8443",
    public_key="qwertyui",
    private_key=config.require_secret("eastPrivateKey"),
    project_id="66f2a41b9d3c5e0012ab34cd",
)
west = om.Provider(
    "west",
    base_url="https://om-west.example.net:8443",
    public_key="qwertyui",
    private_key=config.require_secret("westPrivateKey"),
    project_id="66f2a41b9d3c5e0012ab34cd",
)

om.LogCollectionJob(
    "east-logs",
    resource_type="CLUSTER",
    resource_name="shop",
    log_types=["MONGODB"],
    size_requested_per_file_bytes=10_000_000,
    redacted=True,
    opts=pulumi.ResourceOptions(provider=east),
)
om.LogCollection(
    "west-logs",
    targets=[om.ReplicaSet("rs0"), om.ReplicaSet("rs1")],
    log_types=["MONGODB"],
    size_requested_per_file_bytes=10_000_000,
    redacted=True,
    opts=pulumi.ResourceOptions(provider=west),
)
