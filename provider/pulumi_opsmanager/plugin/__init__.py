"""The provider plugin for Pulumi programs in TypeScript, Go, YAML, C# and Java: the rows of `lifecycle.kinds` by gRPC.

It knows the wire of a plugin, and has no rule of its own. State, phrases and lines on rows are those of `dynamic`.
"""
