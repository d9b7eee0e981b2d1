"""The gRPC server of one provider: its RPCs, the RPC with which Terraform ends a plugin, its socket and certificate.

The provider does not verify Terraform's certificate, because the TLS library of gRPC for Python refuses its P-521 key.
Other users are kept out by the permissions of the socket's folder.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from concurrent import futures
from datetime import timedelta
from typing import Any, Final

import grpc

from pulumi_opsmanager.clock import wall_clock

from .messages import METHODS, SERVICE, pb

# More than any `-parallelism`: the call that ends waits must not queue behind them. Threads are made on demand.
_THREADS: Final = 1024

_LONGEST_REQUEST: Final = 64 << 20  # bytes; gRPC's default of 4 MB is less than Terraform sends

_SLACK: Final = timedelta(minutes=5)  # for a clock that is set back while the provider starts
_LIFE: Final = timedelta(days=365)  # longer than any run

_GRACE_SECONDS: Final = 0.3  # for answers that are being sent, such as the one to Terraform's request to end


def make_server(provider: Any, on_shutdown: Callable[[], object]) -> grpc.Server:
    """Make a server without a port. It calls `on_shutdown` when Terraform requests the end of the plugin."""
    server = grpc.server(
        futures.ThreadPoolExecutor(_THREADS, thread_name_prefix="rpc"),
        options=[("grpc.max_receive_message_length", _LONGEST_REQUEST)],
    )
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            _without_context(getattr(provider, name)),
            request_deserializer=request.FromString,
            response_serializer=response.SerializeToString,
        )
        for name, (request, response) in METHODS.items()
    }

    def shutdown(_request: bytes, _context: grpc.ServicerContext) -> bytes:
        on_shutdown()
        return b""  # an empty message

    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(SERVICE, handlers),
            grpc.method_handlers_generic_handler(
                "plugin.GRPCController", {"Shutdown": grpc.unary_unary_rpc_method_handler(shutdown)}
            ),
        )
    )
    return server


def listen(server: grpc.Server, address: str) -> str:
    """Listen on a socket, with TLS if Terraform requests it.

    Returns: The certificate for the handshake line: DER in base64 without padding. Empty without TLS.
    """
    if not os.environ.get("PLUGIN_CLIENT_CERT"):
        server.add_insecure_port(f"unix:{address}")
        return ""
    # Imported here because a reattached provider needs no certificate.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key, now = ec.generate_private_key(ec.SECP256R1()), wall_clock().now()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    signed = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    credentials = grpc.ssl_server_credentials([(pem, signed.public_bytes(Encoding.PEM))])
    server.add_secure_port(f"unix:{address}", credentials)
    return base64.b64encode(signed.public_bytes(Encoding.DER)).decode().rstrip("=")


def stop_server(server: grpc.Server, provider: Any) -> None:
    """End the provider's waits, then the server. A call that ignores both does not delay the end."""
    provider.StopProvider(pb.StopProvider.Request())
    server.stop(_GRACE_SECONDS).wait(2 * _GRACE_SECONDS)


def _without_context(method: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda request, _context: method(request)
