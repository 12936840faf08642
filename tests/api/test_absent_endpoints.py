"""What the reference has and this server does not: 501, and never a 404 like that of a wrong ID."""

import json
import re
import time
from collections.abc import Iterator
from importlib import resources
from uuid import uuid4

import pytest

from api.writing import UNAUTHORIZED
from icefloe.api import absent_endpoints
from icefloe.api.absent_endpoints import AbsentEndpoint
from icefloe.api.endpoints import ROUTES
from support import Organization, Server

REFUNDS = "/v1/refunds/"
NOT_FOUND = {"detail": "Not Found"}


def list_absent() -> Iterator[AbsentEndpoint]:
    """Every line of the list, read here by itself."""
    text = resources.files("icefloe.api").joinpath("absent_endpoints.txt").read_text("utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            method, path, *marks = line.split(" ")
            assert marks in ([], ["open"], ["personal"])
            yield AbsentEndpoint(method, path, marks == ["open"], marks == ["personal"])


ABSENT = list(list_absent())


def fill(path: str) -> str:
    """The path with an identifier in each of its places."""
    return re.sub(r"\{\w+\}", str(uuid4()), path)


def body_of(method: str) -> bytes | None:
    """What a request of that method sends."""
    return b"{}" if method[0] == "P" else None


class TestAbsentEndpoints:
    """Endpoints that only the reference has."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token the answer is a 401 where the reference needs one, else a 501."""
        for endpoint in ABSENT:
            answer = organization.request(
                endpoint.method, fill(endpoint.path), token=None, content=body_of(endpoint.method)
            )

            if endpoint.is_open:
                assert answer.status_code == 501
            else:
                assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_invalid_token(self, organization: Organization) -> None:
        """A token that is not valid is refused first, on every path."""
        for path in (REFUNDS, "/v1/checkouts/client/secret"):
            answer = organization.get(path, token="polar_cst_x")  # noqa: S106 - not one

            assert answer.json()["error"] == "invalid_token"

    def test_valid(self, organization: Organization) -> None:
        """A token that the reference takes gets a 501 that names the endpoint, in body and notice."""
        token = organization.token("members:read")
        for method, path, _, is_personal in ABSENT:
            if is_personal:
                continue
            answer = organization.request(method, fill(path), token=token, content=body_of(method))

            assert answer.status_code == 501
            assert answer.json() == {
                "error": "NotImplemented",
                "detail": f"{method} {path} is not part of this server. See /docs for what is.",
            }
            notice = f"{method} {path} is not part of this server"
            assert answer.headers["icefloe-notice"] == notice
            assert answer.headers["polar-version"] == "2026-04"
            assert answer.headers["cache-control"] == "private, no-store"

    @pytest.mark.parametrize(
        "path", ["/v1/refunds", "/api/v1/refunds/", "/v1/%72efunds/", "/v1/refunds/?a=b&page=0"]
    )
    def test_other_spellings(self, organization: Organization, path: str) -> None:
        """The endpoint is known without its last slash, under the old prefix, escaped, and queried."""
        answer = organization.request("POST", path, body={"order_id": "x"})

        assert answer.status_code == 501
        assert answer.json()["detail"].startswith("POST /v1/refunds/ is not part of this server.")

    def test_one_line_for_each_path(self) -> None:
        """No request is for two lines of the list."""
        for endpoint in ABSENT:
            fitting = [
                other
                for other in ABSENT
                if other.method == endpoint.method
                and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", other.path), endpoint.path)
            ]

            assert fitting == [endpoint]

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/v1/refund/"),
            ("GET", "/v1/refunds//"),
            ("GET", "/v1//refunds/"),
            ("GET", "/v1/orders//invoice"),
            ("GET", "/v1/orders/a/b/c"),
            ("GET", "/v1/{id}/"),
            ("GET", "/V1/refunds/"),
            ("HEAD", REFUNDS),
            ("PUT", REFUNDS),
        ],
    )
    def test_unknown(self, organization: Organization, method: str, path: str) -> None:
        """What the reference does not have either is not found."""
        answer = organization.request(method, path, content=body_of(method))

        assert answer.status_code == 404
        assert "icefloe-notice" not in answer.headers
        if method != "HEAD":
            assert answer.json() == NOT_FOUND

    def test_log(self, server: Server, organization: Organization) -> None:
        """The log names the endpoint, and neither the query nor what stood in the path."""
        organization.get("/v1/checkouts/client/polar_c_hidden?email=hidden@example.com")

        deadline = time.monotonic() + 20
        line = None
        while line is None and time.monotonic() < deadline:
            lines = server.log.read_text("utf-8").splitlines()
            line = next((one for one in lines if str(organization.id) in one), None)
        assert line is not None
        assert "hidden" not in line
        logged = json.loads(line)
        assert (logged["method"], logged["route"], logged["status"]) == (
            "GET",
            "/v1/checkouts/client/{client_secret}",
            501,
        )


class TestList:
    """The list of absent endpoints."""

    def test_nothing_is_served(self) -> None:
        """No endpoint of the list is one of the routing table: what is served leaves the list."""
        served = [one for one in ABSENT if ROUTES.find(one.method, fill(one.path)).route]
        assert served == []

    def test_each_is_found(self) -> None:
        """Each line is found by its own path, and there is none twice."""
        assert len(set(ABSENT)) == len(ABSENT) > 100
        for endpoint in ABSENT:
            assert absent_endpoints.find(endpoint.method, fill(endpoint.path)) == endpoint
