"""Which addresses may be reached where endpoints must be public."""

import pytest

from icefloe.delivery import guard
from support import run


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - refused
        "255.255.255.255",
        "224.0.0.1",
        "198.51.100.7",
        "::",
        "::1",
        "fc00::1",
        "fe80::1",
        "fe80::1%1",
        "ff0e::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001:db8::1",
    ],
)
def test_not_public(address: str) -> None:
    """Addresses of this machine and of networks are not public, whatever form they take."""
    assert not guard.is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::1.1.1.1"]
)
def test_public(address: str) -> None:
    """Addresses of the internet are public."""
    assert guard.is_public(address)


def test_resolve() -> None:
    """A name gives its addresses; it is refused if one of them must not be reached."""
    assert "127.0.0.1" in run(guard.resolve("localhost", 80, public_only=False))
    assert run(guard.resolve("1.1.1.1", 443, public_only=True)) == ["1.1.1.1"]
    for host in ("localhost", "127.1", "2130706433", "::1"):
        with pytest.raises(guard.Refused):
            run(guard.resolve(host, 80, public_only=True))
    with pytest.raises(OSError, match="known"):
        run(guard.resolve("no-such-host.invalid", 80, public_only=False))
