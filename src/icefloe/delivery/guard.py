"""Which addresses may be reached: where endpoints must be public, no address within a network.

A name is resolved here, and the connection is made to the very address that was judged: a name that
shows another address a moment later (DNS rebinding) gains nothing.
"""

import asyncio
import ipaddress
import socket

NOT_PUBLIC = "The server has no public address"

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Gateways make IPv4 addresses of these (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Refused(Exception):
    """The server may not be reached; the message says why."""


async def resolve(host: str, port: int, *, public_only: bool) -> list[str]:
    """The addresses of a host, in the order in which to try them.

    Args:
        host: a name, or an address without brackets.
        port: the port that will be connected to.
        public_only: whether every address must be public.

    Raises:
        OSError: there is no such name.
        Refused: an address is not public.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys([str(entry[4][0]) for entry in found]))
    if public_only and not all(is_public(address) for address in addresses):
        raise Refused(NOT_PUBLIC)
    return addresses


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet; also by what it stands for in IPv4."""
    read = ipaddress.ip_address(address)
    return all(each.is_global and not each.is_multicast for each in (read, *_embedded(read)))


def _embedded(address: _Address) -> list[_Address]:
    """The IPv4 addresses that an IPv6 address leads to, by translation or through a tunnel."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[_Address | None] = [address.ipv4_mapped, address.sixtofour]
    found += address.teredo or ()
    if address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in found if each is not None]
