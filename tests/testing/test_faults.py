"""`faults`: what goes wrong between the application and its stand-in."""

import httpx
import pytest

from icefloe.testing import Organization, Refused


def test_a_block(icefloe: Organization, application: httpx.Client) -> None:
    """A fault in a `with` block is over at the end of it, and one that was used up stays so."""
    with icefloe.faults.status(503):
        assert application.get("/v1/customers/").status_code == 503
    assert application.get("/v1/customers/").status_code == 200
    with icefloe.faults.status(429, retry_after=3, times=1) as fault:
        assert fault.left == 1
        refused = application.get("/v1/customers/")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "3")
        assert application.get("/v1/customers/").status_code == 200
        assert not fault.left


def test_which_requests(icefloe: Organization, application: httpx.Client) -> None:
    """A fault befalls the requests that match, after those that it lets pass."""
    icefloe.faults.status(500, method="GET", path="/v1/customers/*", skip=1, times=1)
    assert application.post("/v1/customers/", json={"email": "a@example.com"}).status_code == 201
    seen = [application.get("/v1/customers/").status_code for _ in range(3)]
    assert seen == [200, 500, 200]


def test_all_and_clear(icefloe: Organization) -> None:
    """Faults are listed in their order, removed one by one, and all together."""
    first = icefloe.faults.status(500)
    icefloe.faults.delay(0.01)
    icefloe.faults.add("drop", after=True)
    assert [one.kind for one in icefloe.faults.all()] == ["status", "delay", "drop"]
    first.remove()
    first.remove()
    assert [one.kind for one in icefloe.faults.all()] == ["delay", "drop"]
    icefloe.faults.clear()
    assert icefloe.faults.all() == []


def test_stale(icefloe: Organization, application: httpx.Client) -> None:
    """A stale server answers reads as everything stood, and takes writes all the same."""
    with icefloe.faults.stale():
        application.post("/v1/customers/", json={"email": "ada@example.com"})
        assert application.get("/v1/customers/").json()["items"] == []
    assert len(application.get("/v1/customers/").json()["items"]) == 1


def test_refused(icefloe: Organization) -> None:
    """A fault that there is not is told in the server's words."""
    with pytest.raises(Refused, match="kind"):
        icefloe.faults.add("earthquake")
    with pytest.raises(Refused, match="status"):
        icefloe.faults.status(200)
