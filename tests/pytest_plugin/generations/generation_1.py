"""A suite of an application that uses polar-sdk 1.x: each fault as the client's own exception."""

import polar.base
import pytest
from polar.v2026_10 import PolarAsync, errors

from icefloe.testing import Organization, Server


def listed(icefloe: Organization) -> list[str]:
    """The e-mail addresses that the client reads."""
    return [one.email for one in icefloe.client.customers.iter_list()]


def test_client(icefloe: Organization) -> None:
    """The fixture's client is the installed one, with the organization's URL and token."""
    made = icefloe.customers.create()
    assert type(icefloe.client).__module__ == "polar.v2026_10.client"
    assert icefloe.client is icefloe.client
    assert listed(icefloe) == [made.email]
    assert icefloe.requests.last.headers["polar-version"] == "2026-10"


@pytest.mark.icefloe(contract="2026-04")
def test_older_contract(icefloe: Organization) -> None:
    """For an older contract, the client speaks that version, but knows fields that came later."""
    assert listed(icefloe) == []
    assert icefloe.requests.last.headers["polar-version"] == "2026-04"
    icefloe.customers.create()
    with pytest.raises(polar.base.PolarDeserializationError):
        listed(icefloe)


def test_two_clients(icefloe: Organization, icefloe_server: Server) -> None:
    """Each organization has a client of its own."""
    icefloe.customers.create()
    with icefloe_server.new_organization() as other:
        assert listed(other) == []
        assert len(listed(icefloe)) == 1


async def test_asynchronous(icefloe: Organization) -> None:
    """A client that the application makes itself needs the URL and the token."""
    made = icefloe.customers.create()
    async with PolarAsync(icefloe.token, base_url=icefloe.base_url) as client:
        assert [one.email async for one in client.customers.iter_list()] == [made.email]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_status_of_the_server(icefloe: Organization, status: int) -> None:
    """A status from 500 on is a PolarServerError, which knows it."""
    with icefloe.faults.status(status), pytest.raises(polar.base.PolarServerError) as caught:
        listed(icefloe)
    assert caught.value.status_code == status


def test_status_of_the_client(icefloe: Organization) -> None:
    """A status from 400 on is a PolarClientError, which knows it."""
    with icefloe.faults.status(403), pytest.raises(polar.base.PolarClientError) as caught:
        listed(icefloe)
    assert caught.value.status_code == 403


def test_rate_limit(icefloe: Organization) -> None:
    """A 429 is a PolarRateLimitError that knows when to try again."""
    icefloe.faults.status(429, retry_after=3, times=1)
    with pytest.raises(polar.base.PolarRateLimitError) as caught:
        listed(icefloe)
    assert caught.value.retry_after == 3
    assert listed(icefloe) == []


def test_delay(icefloe: Organization) -> None:
    """A delay past the client's patience is a PolarNetworkError."""
    with icefloe.faults.delay(0.5), pytest.raises(polar.base.PolarNetworkError):
        icefloe.client.customers.list(request_timeout=0.05)


def test_drop(icefloe: Organization) -> None:
    """A dropped connection is a PolarNetworkError."""
    with icefloe.faults.drop(), pytest.raises(polar.base.PolarNetworkError):
        listed(icefloe)
    assert icefloe.requests.last.status is None


def test_drop_after(icefloe: Organization) -> None:
    """A connection that is dropped afterwards leaves a customer that the client does not know of."""
    with icefloe.faults.drop(after=True), pytest.raises(polar.base.PolarNetworkError):
        icefloe.client.customers.create(email="ada@example.com")
    assert listed(icefloe) == ["ada@example.com"]


def test_cut(icefloe: Organization) -> None:
    """An answer that is cut is a PolarNetworkError."""
    icefloe.customers.create()
    with icefloe.faults.cut(0.5), pytest.raises(polar.base.PolarNetworkError):
        listed(icefloe)


def test_content_type(icefloe: Organization) -> None:
    """An answer of another type is read all the same: this client does not look."""
    made = icefloe.customers.create()
    with icefloe.faults.content_type("text/html"):
        assert listed(icefloe) == [made.email]


@pytest.mark.parametrize("change", ["missing", "null"])
def test_field(icefloe: Organization, change: str) -> None:
    """A field that must be there and is not is a PolarDeserializationError."""
    icefloe.customers.create()
    icefloe.faults.field("email_verified", change)
    with pytest.raises(polar.base.PolarDeserializationError):
        listed(icefloe)


def test_unknown_field(icefloe: Organization) -> None:
    """A field that nobody knows yet does not disturb the client."""
    made = icefloe.customers.create()
    with icefloe.faults.field("favourite_colour", "unknown"):
        assert listed(icefloe) == [made.email]


@pytest.mark.parametrize("reason", ["expired", "revoked"])
def test_token(icefloe: Organization, reason: str) -> None:
    """A token that is refused is a PolarClientError with a 401."""
    with icefloe.faults.token(reason), pytest.raises(polar.base.PolarClientError) as caught:
        listed(icefloe)
    assert caught.value.status_code == 401


def test_stale(icefloe: Organization) -> None:
    """A stale answer is no error: the client sees what was."""
    with icefloe.faults.stale():
        made = icefloe.client.customers.create(email="ada@example.com")
        assert listed(icefloe) == []
        with pytest.raises(errors.ResourceNotFound):
            icefloe.client.customers.get(made.id)
    assert listed(icefloe) == ["ada@example.com"]
