"""The types of the public names. mypy and pyright check these modules; nothing runs them.

A line that must not type-check is marked for both checkers, and both fail if a mark is not needed.
"""
