"""An Ops Manager of its own for some resources of a program."""

from __future__ import annotations

from os import PathLike

import pulumi

from pulumi_opsmanager.dynamic.configuration import configuration
from pulumi_opsmanager.dynamic.given import given

from .configured import warn_of_configuration
from .options import require_supported


class Provider(pulumi.ProviderResource):
    """An explicit provider: pass it as `opts=pulumi.ResourceOptions(provider=…)`. Each has its own process."""

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
        """Declare a server. What is left out comes from the environment, not from the stack's configuration.

        Args:
            name: Pulumi's name of the provider, unique in the stack.
            base_url: `https://host:port`, with or without `/api/public/v1.0`.
            public_key: The API key's public part.
            private_key: Its private part; stored encrypted, also when given as a plain string.
            project_id: Project of jobs that name none.
            ca_file: PEM file whose certificates replace the default roots.
            timeout_seconds: Of waiting for a connection, and for each next byte of an answer; None is 60.
            opts: Pulumi's resource options.
        """
        require_supported(f"Provider {name!r}", opts, instead="set timeout_seconds, which bounds each request")
        warn_of_configuration()
        properties = {
            "base_url": base_url,
            "public_key": public_key,
            "private_key": private_key,
            "project_id": project_id,
            "ca_file": given(ca_file, (PathLike,)),
            # The engine hands configuration to providers as text.
            "timeout_seconds": None
            if timeout_seconds is None
            else pulumi.Output.from_input(timeout_seconds).apply(str),
        }
        super().__init__("pulumi-python", name, configuration(properties), opts)
