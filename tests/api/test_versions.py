"""`Polar-Version`: every answer is in one version of the contract, and names it."""

import pytest

from support import Organization


class TestVersions:
    """The header, on every route."""

    @pytest.mark.parametrize("asked", ["2026-04", "2026-10"])
    @pytest.mark.parametrize("path", ["/v1/customers/", "/v1/nope", "/healthz", "/v1/customers/x"])
    def test_known(self, crew: Organization, path: str, asked: str) -> None:
        """The version asked for is named in the answer, whatever that is."""
        answer = crew.get(path, headers={"Polar-Version": asked})

        assert answer.headers["polar-version"] == asked

    def test_default(self, crew: Organization) -> None:
        """Without the header, or with an empty one, it is the oldest version."""
        assert crew.get("/v1/customers/").headers["polar-version"] == "2026-04"
        empty = crew.get("/v1/customers/", headers={"Polar-Version": ""})
        assert (empty.status_code, empty.headers["polar-version"]) == (200, "2026-04")

    def test_same_answer(self, crew: Organization) -> None:
        """A list is the same in all versions there are."""
        new = crew.get("/v1/customers/", headers={"Polar-Version": "2026-10"})

        assert new.content == crew.get("/v1/customers/").content

    @pytest.mark.parametrize(
        "asked",
        ["2025-01", "2026-4", "2026-04-01", "latest", "2026-04,2026-10", "2027-01", "x" * 5000],
    )
    def test_unknown(self, crew: Organization, asked: str) -> None:
        """A version that there is not is not found, and the answer is in none."""
        answer = crew.get("/v1/customers/", headers={"Polar-Version": asked})

        assert answer.status_code == 404
        assert answer.text == '{"detail":"Not Found"}'
        assert answer.headers["content-type"] == "application/json"
        assert not {"polar-version", "cache-control"} & set(answer.headers)

    @pytest.mark.parametrize("path", ["/healthz", "/v1/customers", "/v1/nope"])
    @pytest.mark.parametrize("token", [None, "nope", ""])
    def test_unknown_comes_first(self, crew: Organization, path: str, token: str | None) -> None:
        """The version is looked at before the route and before who asks."""
        answer = crew.get(path, token=token, headers={"Polar-Version": "1999-01"})

        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})

    def test_unknown_comes_before_the_body(self, crew: Organization) -> None:
        """The version is looked at before the length of what is sent."""
        answer = crew.request(
            "POST",
            "/v1/customers/",
            headers={"Polar-Version": "1999-01", "Content-Length": str(11 * 1024 * 1024)},
            content=b"{}" + b" " * (11 * 1024 * 1024 - 2),
        )

        assert answer.status_code == 404
