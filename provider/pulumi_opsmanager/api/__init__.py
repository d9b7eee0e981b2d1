"""What does the server say? HTTP only: this room knows no engine, no schema and no policy.

Vendor pages: Ops Manager API, "Log Collections". Differences between releases are noted in the code that handles them.
"""
