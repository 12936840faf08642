"""Answers come over the wire as from a server without a control API."""

import socket

import httpx
import pytest

from standing_in import Treated

pytestmark = pytest.mark.processes


def test_a_body_that_is_too_long(treated: Treated) -> None:
    """It is refused before it is sent, under an older contract too."""
    for contract in (None, "2025-06"):
        treated.control("PATCH", "", {"contract": contract})

        answer = _answer_to(treated, "POST", "Content-Length: 99999999")

        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"RequestBodyTooLarge" in answer


def test_an_export(treated: Treated) -> None:
    """It is sent without its length, as one that is still being written."""
    treated.create("ada@example.com")

    exported = treated.ask("GET", "/v1/customers/export")

    assert "ada@example.com" in exported.text
    assert exported.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in exported.headers


def _answer_to(treated: Treated, method: str, *headers: str) -> bytes:
    """The first bytes of what is answered to a request whose body is not sent."""
    url = httpx.URL(treated.server.url)
    lines = [
        f"{method} /v1/customers/ HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {treated.token}",
    ]
    with socket.create_connection((url.host, url.port), 30) as client:
        client.sendall("\r\n".join([*lines, *headers, "", ""]).encode())
        return client.recv(65_536)
