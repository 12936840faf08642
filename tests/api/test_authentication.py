"""Who is asking: the `Authorization` header, and what is answered to those who may not."""

from datetime import UTC, datetime, timedelta

import pytest

from support import Organization, ask_raw, run

BAD_TOKEN = "nope"  # noqa: S105 - not a secret
LIST = "/v1/customers/"
DESCRIPTION = (
    "The access token provided is expired, revoked, malformed, or invalid for other reasons."
)
# Of the right form; nobody ever made it.
UNKNOWN_TOKEN = "polar_oat_" + "a" * 37 + "1Wy9eh"


def _request(authorization: bytes) -> bytes:
    """A request for the list, whose header no client would send so."""
    return (
        b"GET /v1/customers/?limit=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Authorization: " + authorization + b"\r\n\r\n"
    )


class TestAuthentication:
    """Every endpoint that needs a token treats it alike; the list stands for all."""

    @pytest.mark.parametrize(
        "header",
        [
            "Bearer",
            "Basic dXNlcjpwYXNz",
            "Token {}",
            "{}",
            "",
            "Bearer:{}",
            f"Bearer polar_crt_{'a' * 43}",
            "bearer  polar_crt_",
        ],
    )
    def test_anonymous(self, crew: Organization, header: str) -> None:
        """A header without a bearer token counts as none, as does an OAuth client's registration."""
        shown = {"Authorization": header.format(crew.token())}

        answer = crew.get(LIST, token=None, headers=shown)

        assert answer.status_code == 401
        assert answer.text == '{"error":"Unauthorized","detail":"Unauthorized"}'
        assert answer.headers["www-authenticate"] == 'Bearer realm="polar"'
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["polar-version"] == "2026-04"

    @pytest.mark.parametrize("header", [b"Bearer ", b"Bearer    ", b"Bearer \xc3\xa9", b"\xff\xfe"])
    def test_no_readable_token(self, crew: Organization, header: bytes) -> None:
        """Spaces alone, and a token that is not ASCII, count as none."""
        answer = ask_raw(crew.url, _request(header))

        assert answer.startswith(b"HTTP/1.1 401 ")
        assert answer.endswith(b'{"error":"Unauthorized","detail":"Unauthorized"}')

    @pytest.mark.parametrize(
        "token",
        [
            "abcdefgh",
            "polar_xxx_abcdefgh",
            "polar_oat_",
            "polar_oat_" + "a" * 43,
            "polar_pat_" + "a" * 43,
            "polar_cst_" + "a" * 43,
            "polar_mst_" + "a" * 43,
            "POLAR_OAT_X",
            UNKNOWN_TOKEN,
            "x" * 8000,
            '"; DROP TABLE tokens; --',
        ],
    )
    def test_not_a_token(self, crew: Organization, token: str) -> None:
        """Anything else that is shown as a token is told to be invalid."""
        answer = crew.get(LIST, token=token)

        assert answer.status_code == 401
        assert answer.text == (
            f'{{"error": "invalid_token", "error_description": "{DESCRIPTION}"}}'
        )
        assert answer.headers["www-authenticate"] == (
            f'Bearer realm="polar", error="invalid_token", error_description="{DESCRIPTION}"'
        )
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["pragma"] == "no-cache"
        assert answer.headers["polar-version"] == "2026-04"

    def test_a_changed_token(self, crew: Organization) -> None:
        """A token with one character changed, left out or added is none."""
        token = crew.token()
        changed = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]

        for wrong in (changed, token[:-1], f"{token}0", f"{token} x", f"{token},Bearer {token}"):
            assert crew.get(LIST, token=wrong).status_code == 401

    def test_expired(self, crew: Organization) -> None:
        """A token is valid until the moment it expires, and not after."""
        now = datetime.now(UTC)
        scopes = ["customers:read"]
        tokens = crew.services.tokens
        _, past = run(tokens.create(crew.id, "past", scopes, expires_at=now - timedelta(seconds=1)))
        _, future = run(
            tokens.create(crew.id, "future", scopes, expires_at=now + timedelta(hours=1))
        )

        assert crew.get(LIST, token=past).json()["error"] == "invalid_token"
        assert crew.get(LIST, token=future).status_code == 200

    def test_revoked(self, crew: Organization) -> None:
        """A token is refused from the moment it is revoked, though it was used just before."""
        token, shown = run(crew.services.tokens.create(crew.id, "t", ["customers:read"]))
        assert crew.get(LIST, token=shown).status_code == 200

        run(crew.services.tokens.revoke(token.id))

        assert crew.get(LIST, token=shown).json()["error"] == "invalid_token"

    @pytest.mark.parametrize("header", ["bearer {}", "BEARER {}", "Bearer  {}", "Bearer {} "])
    def test_valid(self, crew: Organization, header: str) -> None:
        """The scheme's letter case and the spaces around the token do not matter."""
        answer = ask_raw(crew.url, _request(header.format(crew.token()).encode()))

        assert answer.startswith(b"HTTP/1.1 200 ")

    def test_first_of_several_headers(self, crew: Organization, strangers: Organization) -> None:
        """Of two headers the first counts."""
        shown = [
            ("Authorization", f"Bearer {strangers.token()}"),
            ("Authorization", f"Bearer {crew.token()}"),
        ]

        answer = crew.get(LIST, token=None, headers=shown)

        assert answer.json()["pagination"]["total_count"] == 1

    def test_a_token_speaks_for_one_organization(
        self, crew: Organization, strangers: Organization
    ) -> None:
        """Whose token it is decides whose customers are seen."""
        assert crew.get(LIST, token=strangers.token()).json()["pagination"]["total_count"] == 1
        assert strangers.get(LIST, token=crew.token()).json()["pagination"]["total_count"] == 7

    @pytest.mark.parametrize("path", ["/v1/nope", "/healthz", "/", "/v1/customers/x/", LIST])
    def test_a_bad_token_comes_first(self, crew: Organization, path: str) -> None:
        """A token that is not valid is told so on every path, there or not, open or not."""
        assert crew.get(path, token=UNKNOWN_TOKEN).json()["error"] == "invalid_token"
        assert crew.request("DELETE", path, token=BAD_TOKEN).json()["error"] == "invalid_token"

    def test_no_token_on_no_route(self, crew: Organization) -> None:
        """Without a token, a path that is not there is not found."""
        assert crew.get("/v1/nope", token=None).status_code == 404
