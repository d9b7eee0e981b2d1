"""Which of Pulumi's resource options do nothing here, and what does it instead? They are refused, not ignored.

Python dynamic providers can read no resource that is not in the state, and the SDK hands them no timeouts.
"""

from __future__ import annotations

import pulumi

_IMPORT = (
    "the option import_ does not work with Python dynamic providers: "
    "take existing jobs over with `pulumi-opsmanager import-file`, then `pulumi import --file`"
)
_TIMEOUTS = "the option custom_timeouts has no effect here: "

REQUEST_TIMEOUT = "opsmanager:timeoutSeconds bounds each request"
"""What stands in for `custom_timeouts` where nothing waits."""

WAIT_TIMEOUT = "set timeout_seconds, which bounds the wait of one up"
"""The same, of a completion."""


def require_supported(resource: str, opts: object, *, instead: str = REQUEST_TIMEOUT) -> None:
    """Refuse options that would be ignored, or end in an error of the SDK.

    Args:
        resource: Kind and name, for messages.
        opts: As the program gave them.
        instead: What does the work of `custom_timeouts` for this resource.

    Raises:
        RunError: An option of no effect is set, or these are no options.
    """
    if opts is None:
        return
    if not isinstance(opts, pulumi.ResourceOptions):
        raise pulumi.RunError(f"{resource}: opts must be pulumi.ResourceOptions, not {type(opts).__name__}")
    if opts.import_ is not None:
        raise pulumi.RunError(f"{resource}: {_IMPORT}")
    if opts.custom_timeouts is not None:
        raise pulumi.RunError(f"{resource}: {_TIMEOUTS}{instead}")
