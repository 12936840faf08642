"""A suite of an application that uses polar-sdk 0.x: each fault as the client's own exception."""

import httpx
import pytest
from polar_sdk import models
from polar_sdk.utils import BackoffStrategy, RetryConfig

from icefloe.testing import Organization, Server

GONE = httpx.RemoteProtocolError
# 0.22 has no class of its own for an answer that it cannot read: pydantic's comes through.
UNREADABLE = getattr(models, "ResponseValidationError", ValueError)


def listed(icefloe: Organization) -> list[str]:
    """The e-mail addresses that the client reads."""
    return [one.email for one in icefloe.client.customers.list().result.items]


def test_client(icefloe: Organization) -> None:
    """The fixture's client is the installed one, with the organization's URL and token."""
    made = icefloe.customers.create()
    assert type(icefloe.client).__module__ == "polar_sdk.sdk"
    assert icefloe.client is icefloe.client
    assert listed(icefloe) == [made.email]
    assert icefloe.requests.last.method == "GET"


def test_two_clients(icefloe: Organization, icefloe_server: Server) -> None:
    """Each organization has a client of its own."""
    icefloe.customers.create()
    with icefloe_server.new_organization() as other:
        assert listed(other) == []
        assert len(listed(icefloe)) == 1


async def test_asynchronous(icefloe: Organization) -> None:
    """The client's asynchronous methods ask the same server."""
    made = icefloe.customers.create()
    async with icefloe.client as client:
        page = await client.customers.list_async()
    assert [one.email for one in page.result.items] == [made.email]


@pytest.mark.parametrize("status", [403, 429, 500, 502, 503])
def test_status(icefloe: Organization, status: int) -> None:
    """A status is an SDKError, which knows it."""
    with icefloe.faults.status(status), pytest.raises(models.SDKError) as caught:
        listed(icefloe)
    assert caught.value.status_code == status


def test_try_again(icefloe: Organization) -> None:
    """A client that is told to try again gets through once the fault is used up."""
    patience = RetryConfig(
        "backoff", BackoffStrategy(1, 10, 1.5, 10_000), retry_connection_errors=True
    )
    icefloe.faults.status(503, times=2)
    page = icefloe.client.customers.list(retries=patience)
    assert page.result.items == []
    assert [one.status for one in icefloe.requests] == [503, 503, 200]


def test_delay(icefloe: Organization) -> None:
    """A delay past the client's patience is its timeout."""
    with icefloe.faults.delay(0.5), pytest.raises(httpx.ReadTimeout):
        icefloe.client.customers.list(timeout_ms=50)


def test_drop(icefloe: Organization) -> None:
    """A dropped connection is httpx's error, which this client lets through."""
    with icefloe.faults.drop(), pytest.raises(GONE):
        listed(icefloe)
    assert icefloe.requests.last.status is None


def test_drop_after(icefloe: Organization) -> None:
    """A connection that is dropped afterwards leaves a customer that the client does not know of."""
    with icefloe.faults.drop(after=True), pytest.raises(GONE):
        icefloe.client.customers.create(request={"email": "ada@example.com"})
    assert listed(icefloe) == ["ada@example.com"]


def test_cut(icefloe: Organization) -> None:
    """An answer that is cut is httpx's error, which this client lets through."""
    icefloe.customers.create()
    with icefloe.faults.cut(0.5), pytest.raises(GONE):
        listed(icefloe)


def test_content_type(icefloe: Organization) -> None:
    """An answer of another type is an SDKError."""
    with icefloe.faults.content_type("text/html"), pytest.raises(models.SDKError):
        listed(icefloe)


@pytest.mark.parametrize("change", ["missing", "null"])
def test_field(icefloe: Organization, change: str) -> None:
    """A field that must be there and is not is an error that tells so."""
    icefloe.customers.create()
    with icefloe.faults.field("email_verified", change), pytest.raises(UNREADABLE):
        listed(icefloe)


def test_unknown_field(icefloe: Organization) -> None:
    """A field that nobody knows yet does not disturb the client."""
    made = icefloe.customers.create()
    with icefloe.faults.field("favourite_colour", "unknown"):
        assert listed(icefloe) == [made.email]


@pytest.mark.parametrize("reason", ["expired", "revoked"])
def test_token(icefloe: Organization, reason: str) -> None:
    """A token that is refused is an SDKError with a 401."""
    with icefloe.faults.token(reason), pytest.raises(models.SDKError) as caught:
        listed(icefloe)
    assert caught.value.status_code == 401


def test_stale(icefloe: Organization) -> None:
    """A stale answer is no error: the client sees what was."""
    with icefloe.faults.stale():
        made = icefloe.client.customers.create(request={"email": "ada@example.com"})
        assert listed(icefloe) == []
        with pytest.raises(models.ResourceNotFound):
            icefloe.client.customers.get(id=made.id)
    assert listed(icefloe) == ["ada@example.com"]
