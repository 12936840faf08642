"""`requests`: what the application sent."""

import httpx
import pytest

from icefloe.testing import Organization


def test_a_request(icefloe: Organization, application: httpx.Client) -> None:
    """A request is seen with its method, path, query, body and answer."""
    sent = {"email": "ada@example.com", "external_id": "usr_1"}
    made = application.post("/v1/customers/?a=1&b=2&a=3", json=sent)
    (seen,) = icefloe.requests
    assert (seen.method, seen.path) == ("POST", "/v1/customers/")
    assert seen.query == {"a": ["1", "3"], "b": ["2"]}
    assert seen.body == sent
    assert (seen.status, seen.answer) == (201, made.json())
    assert seen.headers["content-type"] == "application/json"
    assert "authorization" not in seen.headers
    assert seen.faults == ()
    assert str(seen) == "POST /v1/customers/?a=1&a=3&b=2 → 201"


def test_as_a_list(icefloe: Organization, application: httpx.Client) -> None:
    """They are a sequence, oldest first, and can be searched and forgotten."""
    with pytest.raises(IndexError):
        _ = icefloe.requests.last
    made = application.post("/v1/customers/", json={"email": "ada@example.com"}).json()
    application.get(f"/v1/customers/{made['id']}")
    application.get("/v1/customers/external/nobody")
    assert len(icefloe.requests) == 3
    assert icefloe.requests[0].method == "POST"
    assert [one.status for one in icefloe.requests[1:]] == [200, 404]
    assert icefloe.requests.last.path == "/v1/customers/external/nobody"
    assert len(icefloe.requests.find(method="get")) == 2
    assert len(icefloe.requests.find(path="/v1/customers/external/*")) == 1
    assert [one.number for one in icefloe.requests.find(status=200)] == [icefloe.requests[1].number]
    icefloe.requests.clear()
    assert len(icefloe.requests) == 0


def test_more_than_a_page(icefloe: Organization, application: httpx.Client) -> None:
    """All are seen where there are many."""
    for number in range(105):
        application.get(f"/v1/customers/?page={number + 1}")
    assert [one.query["page"] for one in icefloe.requests] == [[str(n + 1)] for n in range(105)]


def test_without_an_answer(icefloe: Organization, application: httpx.Client) -> None:
    """A request that was not answered has no status, and says which fault befell it."""
    with icefloe.faults.drop(), pytest.raises(httpx.RemoteProtocolError):
        application.get("/v1/customers/")
    assert icefloe.requests.last.status is None
    assert icefloe.requests.last.faults == ("drop",)
    assert str(icefloe.requests.last) == "GET /v1/customers/ → no answer (faults: drop)"
