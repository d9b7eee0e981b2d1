package main

import (
	"example.com/pulumi-opsmanager/sdk/go/opsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		logs, err := opsmanager.NewLogCollectionJob(ctx, "logs", &opsmanager.LogCollectionJobArgs{
			ResourceType:              pulumi.String("REPLICASET"),
			ResourceName:              pulumi.String("rs0"),
			LogTypes:                  pulumi.ToStringArray([]string{"MONGODB", "FTDC"}),
			SizeRequestedPerFileBytes: pulumi.Float64(10_000_000),
			Redacted:                  pulumi.Bool(true),
		})
		if err != nil {
			return err
		}
		ctx.Export("id", logs.ID())
		ctx.Export("downloadUrl", logs.DownloadUrl)
		return nil
	})
}
