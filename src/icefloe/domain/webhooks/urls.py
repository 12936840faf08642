"""Where webhooks may be sent: the rules of the URLs of endpoints.

The reference takes HTTPS to a domain name or a public address. Here plain HTTP to this machine is taken
as well, for development, unless only public URLs are.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from icefloe.domain.values import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_LOCALHOST: Final = "localhost"
_SECURE: Final = "https"
_PLAIN: Final = "http"
_NUMBER: Final = re.compile("[0-9]+|0[xX][0-9a-fA-F]*")
_CANNOT_ENABLE: Final = (
    "Cannot enable a webhook endpoint with an invalid URL. Please update the URL first."
)


class UnusableUrl(errors.InvalidValue):
    """Webhooks may not be sent to the URL."""

    kind: str = "value_error"
    """The contract's name for what is wrong."""


class SchemeRefused(UnusableUrl):
    """URL scheme should be 'https'"""  # noqa: D415 - the contract's own words

    kind = "url_scheme"


class HostMalformed(UnusableUrl):
    """Invalid webhook URL: the hostname contains characters not allowed in domain names."""


class HostPrivate(UnusableUrl):
    """Webhook URLs cannot point to localhost or private IP addresses."""


def check(scheme: str, host: str, *, public_only: bool) -> None:
    """Check the scheme and host of a standardised URL.

    Args:
        scheme: in lower case.
        host: a domain name in ASCII, or an address; brackets around an IPv6 address are taken off.
        public_only: whether plain HTTP to this machine is refused too, as in the reference.

    Raises:
        UnusableUrl: webhooks may not be sent there.
    """
    address = _find_address(host)
    if scheme == _PLAIN and not public_only and _is_loopback(host, address):
        return
    if scheme != _SECURE:
        raise SchemeRefused
    if address is None and not _is_domain_name(host):
        raise HostMalformed
    if host == _LOCALHOST or (address is not None and not address.is_global):
        raise HostPrivate


def require_usable(url: str, place: Sequence[str], *, public_only: bool) -> None:
    """Check a standardised URL.

    Args:
        url: as a WHATWG URL parser writes it.
        place: where in the request it stood.
        public_only: as in `check`.

    Raises:
        RulesBroken: webhooks may not be sent there.
    """
    try:
        _check_whole(url, public_only=public_only)
    except UnusableUrl as error:
        violation = errors.Violation(error.kind, tuple(place), str(error), url)
        raise errors.RulesBroken(violation) from error


def require_enablable(url: str, *, public_only: bool) -> None:
    """Check the URL of an endpoint that should be enabled. Raises RulesBroken."""
    try:
        _check_whole(url, public_only=public_only)
    except UnusableUrl as error:
        violation = errors.Violation("value_error", ("body", "enabled"), _CANNOT_ENABLE, value=True)
        raise errors.RulesBroken(violation) from error


def _check_whole(url: str, *, public_only: bool) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise HostMalformed from error
    check(parts.scheme, host, public_only=public_only)


def _find_address(host: str) -> _Address | None:
    """The address that a host is; the IPv4 address that is mapped into an IPv6 address."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_loopback(host: str, address: _Address | None) -> bool:
    if address is not None:
        return address.is_loopback
    name = host.removesuffix(".")
    return name == _LOCALHOST or name.endswith(f".{_LOCALHOST}")


def _is_domain_name(host: str) -> bool:
    # Loaded with the first URL: its tables take as long to import as many a command runs.
    import idna  # noqa: PLC0415 - see above

    if _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]):
        return False  # HTTP clients read an address there
    try:
        idna.encode(host)
    except idna.IDNAError:
        return False
    return True
