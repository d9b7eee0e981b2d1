package main

import (
	"example.com/pulumi-opsmanager/sdk/go/opsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		incident, err := opsmanager.NewLogCollection(ctx, "incident", &opsmanager.LogCollectionArgs{
			Targets: []opsmanager.TargetInput{
				opsmanager.TargetArgs{ResourceType: pulumi.String("REPLICASET"), ResourceName: pulumi.String("rs0")},
				opsmanager.TargetArgs{ResourceType: pulumi.String("CLUSTER"), ResourceName: pulumi.String("shop")},
			},
			LogTypes:                  pulumi.ToStringArray([]string{"MONGODB", "FTDC"}),
			SizeRequestedPerFileBytes: pulumi.Float64(10_000_000),
			Redacted:                  pulumi.Bool(true),
			Last:                      pulumi.String("2h"),
			ArchiveDir:                pulumi.StringRef("archives"),
		})
		if err != nil {
			return err
		}
		ctx.Export("archives", incident.Archives)
		return nil
	})
}
