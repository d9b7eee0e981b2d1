"""What is a field: its type, bounds, default, vendor name, what a change of it does, and its words.

Each fact about a field is written here once. Check, diff, request body and reference table are derived from it.
Knows no HTTP, no Pulumi.
"""
