"""Jobs that were made elsewhere; `pulumi-opsmanager import-file` writes their declarations into jobs.py."""

import jobs  # noqa: F401  declares them
