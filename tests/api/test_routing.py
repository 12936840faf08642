"""Which path and method is answered by what, before any endpoint is reached."""

import pytest

from support import Organization, ask_raw

MEGABYTE = 1024 * 1024
ID = "3f2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0f"

BAD_TOKEN = "nope"  # noqa: S105 - not a secret


class TestNotFound:
    """404 for a path that is not there."""

    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/v1",
            "/v1/",
            "/v1/nope",
            "/v1//customers/",
            "//v1/customers/",
            "/V1/customers/",
            "/v1/Customers/",
            "/v1/customers/external/a/b",
            f"/v1/customers/{ID}/nope",
            "/v2/customers/",
            "/customers/",
            "/api/customers/",
            "/api/v1",
            "/api/v2/customers/",
            "/api/api/v1/customers/",
        ],
    )
    @pytest.mark.parametrize("token", [None, ""])
    def test_no_such_path(self, crew: Organization, path: str, token: str | None) -> None:
        """A path that is not there is not found, with and without a token."""
        answer = crew.get(f"{crew.url}{path}", token=token)  # whole: `//v1` would name a host

        assert (answer.status_code, answer.text) == (404, '{"detail":"Not Found"}')
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["polar-version"] == "2026-04"

    def test_dots_are_no_steps(self, crew: Organization) -> None:
        """A path is taken as it was sent: dots lead nowhere."""
        for path in (b"/../v1/customers/", b"/v1/./customers/", b"/v1/customers/../../healthz"):
            answer = ask_raw(
                crew.url, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            assert answer.startswith(b"HTTP/1.1 404 ")

    def test_escapes_are_read_first(self, crew: Organization) -> None:
        """A path is compared once its escapes are read: an escaped slash is a slash."""
        assert crew.get("/v1/customers%2F").content == crew.get("/v1/customers/").content
        assert crew.get("/%76%31/customers/").status_code == 200


class TestMethodNotAllowed:
    """405 for another method than a path has."""

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("PUT", "/v1/customers/"),
            ("DELETE", "/v1/customers/"),
            ("OPTIONS", "/v1/customers/"),
            ("PROPFIND", "/v1/customers/"),
            ("PUT", f"/v1/customers/{ID}"),
            ("POST", f"/v1/customers/{ID}"),
            ("POST", "/v1/customers/external/x"),
            ("POST", "/healthz"),
            ("DELETE", "/readyz"),
            ("PUT", "/api/v1/customers/"),
        ],
    )
    def test_another_method(self, crew: Organization, method: str, path: str) -> None:
        """The method is refused and one that is there is named, with and without a token."""
        for token in (None, ""):
            answer = crew.request(
                method, path, token=token, content=b"{}" if method[0] == "P" else None
            )

            assert answer.status_code == 405
            assert answer.text == '{"detail":"Method Not Allowed"}'
            assert answer.headers["allow"] == "GET"
            assert answer.headers["polar-version"] == "2026-04"

    @pytest.mark.parametrize("path", ["/v1/customers/", f"/v1/customers/{ID}", "/healthz"])
    def test_head(self, crew: Organization, path: str) -> None:
        """HEAD is refused like any other, and its answer has no body."""
        answer = crew.request("HEAD", path)

        assert (answer.status_code, answer.content) == (405, b"")
        assert answer.headers["allow"] == "GET"


class TestSlashes:
    """307 for a slash too many or too few."""

    @pytest.mark.parametrize(
        ("path", "to"),
        [
            (f"/v1/customers/{ID}/", f"/v1/customers/{ID}"),
            ("/v1/customers/external/x/", "/v1/customers/external/x"),
            ("/healthz/", "/healthz"),
            ("/healthz///", "/healthz"),
            ("/v1/customers/abc/?a=b&c=%20d", "/v1/customers/abc?a=b&c=%20d"),
            ("/v1/customers/external/%C3%A9%20b/", "/v1/customers/external/%C3%A9%20b"),
        ],
    )
    def test_moved(self, crew: Organization, path: str, to: str) -> None:
        """The client is sent to the path with the right end, its query string with it."""
        for token in (None, ""):
            answer = crew.get(path, token=token)

            assert (answer.status_code, answer.content) == (307, b"")
            assert answer.headers["location"] == f"{crew.url}{to}"
            assert answer.headers["polar-version"] == "2026-04"
            assert "content-type" not in answer.headers

    def test_behind_a_proxy(self, crew: Organization) -> None:
        """The place is on the host and the scheme that the client used."""
        headers = {"Host": "api.example", "X-Forwarded-Proto": "https"}

        answer = crew.get("/healthz/", headers=headers)

        assert answer.headers["location"] == "https://api.example/healthz"

    @pytest.mark.parametrize(
        ("forwarded", "scheme"),
        [
            ("https, http", "https"),
            ("HTTPS ,http", "https"),
            ("http,https", "http"),
            ("javascript", "http"),
            ("https://evil.example/?", "http"),
            ("", "http"),
        ],
    )
    def test_forwarded_scheme(self, crew: Organization, forwarded: str, scheme: str) -> None:
        """The first of several schemes counts, if it is one of the web's."""
        answer = crew.get("/healthz/", headers={"X-Forwarded-Proto": forwarded})

        assert answer.headers["location"] == crew.url.replace("http", scheme, 1) + "/healthz"

    @pytest.mark.parametrize("host", ["evil.example/path", "a b", "x@evil.example", "a:b", "[x]"])
    def test_a_host_that_is_none(self, crew: Organization, host: str) -> None:
        """A malformed Host is not repeated: the place is the path alone, if there is an answer."""
        answer = crew.get("/healthz/", headers={"Host": host})

        assert answer.status_code in {307, 400}
        assert answer.status_code == 400 or answer.headers["location"] == "/healthz"

    def test_header_lines_cannot_be_added(self, crew: Organization) -> None:
        """Line ends in a path stay escaped in the place."""
        answer = crew.get("/v1/customers/a%0D%0ASet-Cookie:%20b=c/", token=None)

        assert answer.status_code == 307
        assert "set-cookie" not in answer.headers
        assert answer.headers["location"].endswith("/v1/customers/a%0D%0ASet-Cookie%3A%20b%3Dc")

    def test_another_method_too(self, crew: Organization) -> None:
        """Whatever the method, the slash comes first."""
        answer = crew.request("DELETE", "/healthz/", token=None)

        assert answer.status_code == 307


class TestOldPrefix:
    """`/api/v1/…` is `/v1/…`, with a notice."""

    def test_same_answer(self, crew: Organization) -> None:
        """The answer is the same but for a header that tells where the API has moved to."""
        old = crew.get("/api/v1/customers/?limit=2")

        assert old.content == crew.get("/v1/customers/?limit=2").content
        assert old.headers["x-polar-deprecation-notice"] == (
            "The API root has moved from /api/v1 to /v1. Please update your integration."
        )

    @pytest.mark.parametrize("path", ["customers/abc", "customers", "nope", f"customers/{ID}/"])
    def test_every_answer(self, crew: Organization, path: str) -> None:
        """Errors and redirections have the notice too, and lead to the new path."""
        old = crew.get(f"/api/v1/{path}")
        new = crew.get(f"/v1/{path}")

        assert (old.status_code, old.content) == (new.status_code, new.content)
        assert old.headers.get("location") == new.headers.get("location")
        assert "x-polar-deprecation-notice" in old.headers
        assert "x-polar-deprecation-notice" not in new.headers


class TestBodies:
    """411 and 413: what is sent has a length, and not too great a one."""

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
    @pytest.mark.parametrize("path", ["/v1/customers/", "/v1/nope", "/healthz"])
    def test_no_length(self, crew: Organization, method: str, path: str) -> None:
        """A request that may have a body says how long it is, whoever asks and for what."""
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        chunked = "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        for rest in ("\r\n", chunked, "Authorization: Bearer nope\r\n\r\n"):
            answer = ask_raw(crew.url, (head + rest).encode()).decode()

            assert answer.startswith("HTTP/1.1 411 ")
            assert answer.endswith(
                '{"error":"LengthRequired","detail":"A Content-Length header is required."}'
            )
            assert "cache-control" not in answer.lower()

    def test_too_long(self, crew: Organization) -> None:
        """More than ten megabytes are refused, whoever sends them and where to."""
        for path, token in (("/v1/customers/", ""), ("/v1/nope", None), ("/v1/nope", "nope")):
            answer = crew.request("POST", path, token=token, content=b" " * (10 * MEGABYTE + 1))

            assert answer.status_code == 413
            assert answer.json() == {
                "error": "RequestBodyTooLarge",
                "detail": "Request body exceeded the maximum allowed size of 10485760 bytes.",
            }

    def test_too_long_is_not_waited_for(self, crew: Organization) -> None:
        """A length that is too great is refused before anything has been sent."""
        answer = ask_raw(
            crew.url,
            b"POST /v1/nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Content-Length: 99999999999\r\n\r\n",
        )

        assert answer.startswith(b"HTTP/1.1 413 ")

    def test_just_short_enough(self, crew: Organization) -> None:
        """Ten megabytes exactly are taken, and looked at by whom they are for."""
        answer = crew.request("POST", "/v1/nope", token=None, content=b" " * (10 * MEGABYTE))

        assert answer.status_code == 404

    def test_a_body_nobody_wants(self, crew: Organization) -> None:
        """A body on GET or DELETE, of whatever length, changes nothing."""
        answer = crew.request("GET", "/v1/customers/?limit=1", content=b"{not json")

        assert answer.status_code == 200
        assert crew.request("DELETE", "/v1/nope", content=b"x" * MEGABYTE).status_code == 404

    def test_a_token_comes_after_the_length(self, crew: Organization) -> None:
        """A bad token is told so once the length is right."""
        answer = crew.request("POST", "/v1/nope", token=BAD_TOKEN, content=b"{}")

        assert answer.status_code == 401
