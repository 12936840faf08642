"""HTTPS for a server: its port, and the certificate that it is given."""

import contextlib
from typing import Any

import typer

from icefloe.serving import scratch
from icefloe.settings import Loaded, Settings

_PORT = 443


def settle(loaded: Loaded, settings: Settings) -> Settings:
    """The settings with the port of HTTPS, where that is spoken and no port is set.

    A program that cannot change its base URL cannot change its port either, so it must be 443.
    """
    if settings.tls and loaded.is_default("port"):
        return settings.model_copy(update={"port": _PORT})
    return settings


def prepare(settings: Settings, cleanup: contextlib.ExitStack) -> dict[str, Any]:
    """Granian's options for HTTPS; none where the server speaks HTTP.

    Prints the certificate authority that clients must trust.

    Args:
        settings: what is in force.
        cleanup: removes the server's certificate and key when it is closed.

    Raises:
        ConfigurationError: a name cannot be used, or the authority.
    """
    if not settings.tls:
        return {}
    from granian.constants import SSLProtocols

    from icefloe import certificates

    certificate = certificates.issue(settings.tls)
    authority = certificates.read_or_make_authority()
    folder = scratch.make_folder(cleanup)
    files = {"ssl_cert": folder / "chain.pem", "ssl_key": folder / "key.pem"}
    files["ssl_cert"].write_bytes(certificate.chain)
    files["ssl_key"].write_bytes(certificate.key)
    typer.echo(
        f"certificate authority: {authority.file}\n"
        f"to trust it in one program: SSL_CERT_FILE (Python, Go) or NODE_EXTRA_CA_CERTS (Node)"
        " set to this path; docs/tls.md has the others"
    )
    return {**files, "ssl_protocol_min": SSLProtocols.tls12}
