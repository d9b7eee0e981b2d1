"""Two Ops Managers in one program, each with its own address and keys."""

import pulumi

import pulumi_opsmanager as om

config = pulumi.Config()

for region in ("east", "west"):
    server = om.Provider(
        region,
        base_url=config.require(f"{region}Url"),
        public_key=config.require(f"{region}PublicKey"),
        private_key=config.require_secret(f"{region}PrivateKey"),
        project_id=config.require(f"{region}ProjectId"),
    )
    logs = om.LogCollection(
        region,
        targets=[om.ReplicaSet("rs0")],
        log_types=["MONGODB"],
        size_requested_per_file_bytes=10_000_000,
        redacted=True,
        opts=pulumi.ResourceOptions(provider=server),
    )
    pulumi.export(f"{region}_statuses", logs.statuses)
    pulumi.export(f"{region}_download_urls", logs.download_urls)
