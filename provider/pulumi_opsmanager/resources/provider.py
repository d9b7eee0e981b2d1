"""The server and API key for some resources of a program."""

from __future__ import annotations

from os import PathLike

import pulumi

from pulumi_opsmanager.dynamic.configuration import configuration
from pulumi_opsmanager.dynamic.given import given

from .configured import warn_of_configuration
from .options import require_supported


class Provider(pulumi.ProviderResource):
    """Server and API key of the resources with `opts=pulumi.ResourceOptions(provider=…)`. It has its own process."""

    def __init__(
        self,
        name: str,
        *,
        base_url: pulumi.Input[str] | None = None,
        public_key: pulumi.Input[str] | None = None,
        private_key: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[str] | None = None,
        ca_file: pulumi.Input[str | PathLike[str]] | None = None,
        timeout_seconds: pulumi.Input[float] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a server. Missing values come from the environment, not from the stack's configuration.

        Args:
            name: Pulumi's name of the provider, unique in the stack.
            base_url: URL of the server: `https://host:port`, with or without `/api/public/v1.0`.
            public_key: Public part of the API key.
            private_key: Private part of the API key. Pulumi stores it encrypted, also if it is given as plain text.
            project_id: Project of resources that set no `project_id`.
            ca_file: PEM file with root certificates, which replace the default ones.
            timeout_seconds: Longest wait for a connection, and for each next byte of an answer (seconds). Default: 60.
            opts: Pulumi's resource options.
        """
        require_supported(f"Provider {name!r}", opts, instead="set timeout_seconds, which bounds each request")
        warn_of_configuration()
        # The engine gives configuration to providers as text.
        timeout = None if timeout_seconds is None else pulumi.Output.from_input(timeout_seconds).apply(str)
        properties = locals() | {"ca_file": given(ca_file, (PathLike,)), "timeout_seconds": timeout}
        super().__init__("pulumi-python", name, configuration(properties), opts)
