"""Pages in browsers may call from any origin; only the operator's own may send cookies along."""

import pytest

from support import Organization

ANY = {"Origin": "https://shop.example"}
OWN = {"Origin": "http://localhost:3000"}
PREFLIGHT = {"Access-Control-Request-Method": "GET"}


class TestCors:
    """The CORS headers."""

    def test_no_origin(self, crew: Organization) -> None:
        """A program that is no browser is told nothing of origins."""
        answer = crew.get("/v1/customers/")

        assert not [name for name in answer.headers if name.startswith("access-control")]

    def test_any_origin(self, crew: Organization) -> None:
        """Any page may call, and read which version answered."""
        answer = crew.get("/v1/customers/", headers=ANY)

        assert answer.status_code == 200
        assert answer.content == crew.get("/v1/customers/").content
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-expose-headers"] == "Polar-Version"
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers.get_list("polar-version") == ["2026-04"]
        assert answer.headers["cache-control"] == "private, no-store"

    def test_own_origin(self, crew: Organization) -> None:
        """The operator's own pages are named, and may send cookies."""
        answer = crew.get("/v1/customers/", headers=OWN)

        assert answer.headers["access-control-allow-origin"] == OWN["Origin"]
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert answer.headers["vary"] == "Origin"

    @pytest.mark.parametrize(
        ("path", "token", "status"),
        [
            ("/v1/customers/", None, 401),
            ("/v1/customers/", "nope", 401),
            ("/v1/customers/abc", "", 422),
            ("/v1/nope", None, 404),
            ("/healthz", None, 200),
        ],
    )
    def test_errors(self, crew: Organization, path: str, token: str | None, status: int) -> None:
        """A page can read what went wrong too, and in which version."""
        answer = crew.get(path, token=token, headers=ANY)

        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers.get_list("polar-version") == ["2026-04"]

    def test_missing_scope(self, crew: Organization) -> None:
        """A page can read which scope it lacks."""
        answer = crew.get("/v1/customers/", token=crew.token("members:read"), headers=ANY)

        assert answer.status_code == 403
        assert answer.headers["access-control-allow-origin"] == "*"

    @pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
    def test_preflight(self, crew: Organization, method: str) -> None:
        """A browser that asks first is told what it may send, without a token."""
        answer = crew.request(
            "OPTIONS",
            "/v1/customers/",
            token=None,
            headers={
                **ANY,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "authorization,content-type,polar-version",
            },
        )

        assert (answer.status_code, answer.text) == (200, "OK")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-allow-methods"] == (
            "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
        )
        assert answer.headers["access-control-allow-headers"] == (
            "Accept, Accept-Language, Authorization, Content-Language, Content-Type, Polar-Version"
        )
        assert answer.headers["access-control-max-age"] == "600"
        assert answer.headers["polar-version"] == "2026-04"

    def test_preflight_of_another_header(self, crew: Organization) -> None:
        """A header that nobody needs is refused to any page, and granted to the operator's own."""
        asked = {**PREFLIGHT, "Access-Control-Request-Headers": "x-mine"}

        refused = crew.request("OPTIONS", "/v1/customers/", token=None, headers={**ANY, **asked})
        granted = crew.request("OPTIONS", "/v1/customers/", token=None, headers={**OWN, **asked})

        assert refused.status_code == 400
        assert granted.status_code == 200
        assert granted.headers["access-control-allow-origin"] == OWN["Origin"]
        assert granted.headers["access-control-allow-headers"] == "x-mine"

    def test_preflight_of_a_bad_version(self, crew: Organization) -> None:
        """A version that there is not is not found by a browser either."""
        headers = {**ANY, **PREFLIGHT, "Polar-Version": "1999-01"}

        assert crew.request("OPTIONS", "/v1/customers/", headers=headers).status_code == 404

    def test_options_without_an_origin(self, crew: Organization) -> None:
        """OPTIONS is a method like any other where no browser asks."""
        answer = crew.request("OPTIONS", "/v1/customers/", token=None)

        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET"
