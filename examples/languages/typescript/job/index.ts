import * as opsmanager from "@pulumi/opsmanager";

const logs = new opsmanager.LogCollectionJob("logs", {
    resourceType: "REPLICASET",
    resourceName: "rs0",
    logTypes: ["MONGODB", "FTDC"],
    sizeRequestedPerFileBytes: 10_000_000,
    redacted: true,
});

export const id = logs.id;
export const downloadUrl = logs.downloadUrl;
