"""Refuses Pulumi's resource options that have no effect here, and names an alternative.

Python dynamic providers cannot read a resource that is not in the state, and the SDK gives them no timeouts.
"""

from __future__ import annotations

import pulumi

REQUEST_TIMEOUT = "opsmanager:timeoutSeconds bounds each request"
"""What to use instead of `custom_timeouts` on a resource that does not wait."""

WAIT_TIMEOUT = "set timeout_seconds, which bounds the wait of one up"
"""What to use instead of `custom_timeouts` on a completion."""


def require_supported(resource: str, opts: object, *, instead: str = REQUEST_TIMEOUT) -> None:
    """Refuse options that have no effect or cause an error in the SDK. `resource` is kind and name, for messages.

    Raises:
        RunError: An option without effect is set, or `opts` is not `ResourceOptions`.
    """
    if opts is None:
        return
    if not isinstance(opts, pulumi.ResourceOptions):
        raise pulumi.RunError(f"{resource}: opts must be pulumi.ResourceOptions, not {type(opts).__name__}")
    if opts.import_ is not None:
        raise pulumi.RunError(
            f"{resource}: the option import_ does not work with Python dynamic providers: "
            "import existing jobs with `pulumi-opsmanager import-file`, then `pulumi import --file`"
        )
    if opts.custom_timeouts is not None:
        raise pulumi.RunError(f"{resource}: the option custom_timeouts has no effect here: {instead}")
