"""Manage jobs that others started. `pulumi-opsmanager import-file` writes their declarations into jobs.py."""

import jobs  # noqa: F401  declares the jobs
