import * as opsmanager from "@pulumi/opsmanager";

const incident = new opsmanager.LogCollection("incident", {
    targets: [
        { resourceType: "REPLICASET", resourceName: "rs0" },
        { resourceType: "CLUSTER", resourceName: "shop" },
    ],
    logTypes: ["MONGODB", "FTDC"],
    sizeRequestedPerFileBytes: 10_000_000,
    redacted: true,
    last: "2h",
    archiveDir: "archives",
});

export const archives = incident.archives;
