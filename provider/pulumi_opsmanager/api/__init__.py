"""What does the server say? HTTP only: knows no Pulumi, no schema, no policy.

Vendor pages: Ops Manager API, "Log Collections". Facts that differ between releases are noted where they are handled.
"""
