"""What editors and type checkers see of the public names: checked by mypy and pyright, never run.

A line that must not type-check is marked for both checkers, and both fail where such a mark is not needed.
"""
