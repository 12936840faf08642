"""A certificate authority of this machine's user, and certificates that it issues for a server.

A program that trusts the authority believes every server with a certificate of it, whatever its name.
So the authority's key is in a file that only its user can read.
"""

import contextlib
import ipaddress
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from icefloe import files
from icefloe.domain.values.errors import ConfigurationError

if TYPE_CHECKING:
    import trustme

# Clients on the server's own machine use these, whatever other names it has.
_OWN_NAMES = ("localhost", "127.0.0.1", "::1")
# Some platforms refuse certificates that are valid for longer than 825 days.
_VALID = timedelta(days=800)
# Clocks of containers and virtual machines differ a little.
_BEFORE = timedelta(days=1)
_NAME = re.compile(
    r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.ASCII
)
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority.

    Attributes:
        file: its certificate, which clients trust.
        key_file: its key and its certificate; private.
    """

    file: Path
    key_file: Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server's certificate and its key, each as PEM."""

    chain: bytes
    key: bytes


def read_or_make_authority() -> Authority:
    """The authority in the user's folder of data, which is made where it is missing.

    Raises:
        ConfigurationError: the library is not here, or the authority cannot be read or made.
    """
    authority = _find()
    _open(authority)
    return authority


def issue(names: Sequence[str]) -> Certificate:
    """A new certificate of the authority for the names, and for this machine's own.

    Args:
        names: host names, `*.` before them for all directly below, or IP addresses.

    Raises:
        ConfigurationError: one of them is no name, or the authority cannot be used.
    """
    wanted = [_read_name(name) for name in names]
    now = datetime.now(UTC)
    made = _open(_find()).issue_cert(
        *dict.fromkeys([*wanted, *_OWN_NAMES]),
        organization_name="Icefloe",
        organization_unit_name="Server",
        not_before=now - _BEFORE,
        not_after=now + _VALID,
    )
    chain = b"".join(blob.bytes() for blob in made.cert_chain_pems)
    return Certificate(chain, made.private_key_pem.bytes())


def _find() -> Authority:
    folder = platformdirs.user_data_path("icefloe") / "tls"
    return Authority(folder / "ca.pem", folder / "ca-key.pem")


def _open(authority: Authority) -> "trustme.CA":
    # Large, and needed for HTTPS only: an optional part of the installation.
    try:
        import trustme  # noqa: PLC0415 - see above
    except ImportError as error:
        raise ConfigurationError(
            "certificates need a library that is not installed: pip install 'icefloe[tls]'"
        ) from error
    try:
        if not authority.key_file.exists():
            made = trustme.CA(
                path_length=0,
                organization_name="Icefloe",
                # A client that trusts the authorities of several machines can tell them apart.
                organization_unit_name=f"Local authority {secrets.token_hex(4)}",
            )
            both = made.private_key_pem.bytes() + made.cert_pem.bytes()
            with contextlib.suppress(FileExistsError):  # another process was first
                files.write(authority.key_file, both, replaces=False)
        key, begin, certificate = authority.key_file.read_text("ascii").partition(_CERTIFICATE)
        text = begin + certificate
        opened = trustme.CA.from_pem(text.encode(), key.encode())
        if not authority.file.exists() or authority.file.read_text("ascii") != text:
            # Not private: programs of other users trust it too.
            files.write(authority.file, text.encode(), mode=files.PUBLIC)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"the certificate authority in {authority.key_file} cannot be used ({error});"
            " restore it, or remove it to have a new one made"
        ) from error
    return opened


def _read_name(name: str) -> str:
    """A name as certificates have it. Raises ConfigurationError."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        lower = name.lower()
    if not _NAME.fullmatch(lower):
        raise ConfigurationError(
            f"{name!r} is not a name to have a certificate for, such as api.polar.sh or *.polar.sh"
        )
    return lower
