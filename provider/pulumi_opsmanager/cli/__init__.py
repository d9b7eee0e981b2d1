"""The commands of `pulumi-opsmanager`. They use the rules of the rooms below."""
