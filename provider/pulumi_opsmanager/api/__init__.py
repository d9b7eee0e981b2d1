"""What does the server say? HTTP only: this room knows neither engines nor fields nor policies.

Vendor pages: Ops Manager API, "Log Collections". Differences between releases are noted in the code that handles them.
"""
