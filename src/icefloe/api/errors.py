"""One table: an error of the domain → status, wire name and headers. And the framework's answers."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from icefloe.api import authentication
from icefloe.api.messages import TEXT, Request, Response, json_response
from icefloe.domain.values import errors

Problem = Mapping[str, Any]

FAULT = 500
# Answers given before the server has looked at what is asked for do not speak of caching. Of a 429
# only `Retry-After: 60` and the empty body are known; what all answers get is taken to be as in these.
BEFORE_CACHING = frozenset({408, 411, 413, 429})

# Domain error → (status, the wire's name for it, headers of the answer). The first that fits counts.
_TABLE: tuple[tuple[type[errors.IcefloeError], int, str, list[tuple[bytes, bytes]]], ...] = (
    (errors.NotFound, 404, "ResourceNotFound", []),
    (errors.NotPermitted, 403, "NotPermitted", []),
    (errors.StorageUnavailable, 503, "ServiceUnavailable", [(b"retry-after", b"1")]),
)


class RequestInvalid(Exception):
    """The request breaks rules of form.

    Attributes:
        problems: the entries of the answer's `detail`.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("the request is not valid")
        self.problems = problems


class BodyUnreadable(Exception):
    """The body is nothing a parser can read."""


def render(error: errors.IcefloeError) -> Response | None:
    """The answer to a domain error; None for one that no request should cause."""
    if isinstance(error, errors.AuthenticationFailed):
        return authentication.invalid_token()
    if isinstance(error, errors.RulesBroken):
        return _rules_broken(error)
    for kind, status, name, headers in _TABLE:
        if isinstance(error, kind):
            return json_response(status, {"error": name, "detail": str(error)}, headers)
    return None


def invalid(problems: Sequence[Problem]) -> Response:
    """422: the request's form is wrong; every problem at once."""
    return json_response(422, {"error": "RequestValidationError", "detail": list(problems)})


def unreadable_body() -> Response:
    """400: the body is nothing a parser can read."""
    return json_response(400, {"detail": "There was an error parsing the body"})


def body_cut_short() -> Response:
    """400: the connection ended before the whole body had arrived."""
    detail = "The connection ended before the whole request body had arrived."
    return json_response(400, {"error": "RequestBodyIncomplete", "detail": detail})


def body_too_slow() -> Response:
    """408: the body did not arrive in time; the connection is closed."""
    detail = "The request body did not arrive in time."
    return json_response(
        408, {"error": "RequestTimeout", "detail": detail}, [(b"connection", b"close")]
    )


def _rules_broken(error: errors.RulesBroken) -> Response:
    """422: the request's form is right, but what is kept stands against it."""
    detail = [
        {
            "type": violation.kind,
            "loc": violation.place,
            "msg": violation.message,
            "input": violation.value,
        }
        for violation in error.violations
    ]
    return json_response(422, {"error": "PolarRequestValidationError", "detail": detail})


def not_found() -> Response:
    """404: there is no such route, or no such version."""
    return json_response(404, {"detail": "Not Found"})


def method_not_allowed(allowed: str) -> Response:
    """405: the route exists, with another method."""
    return json_response(405, {"detail": "Method Not Allowed"}, [(b"allow", allowed.encode())])


def moved(request: Request, path: str) -> Response:
    """307: the same request belongs to `path`, on the host and scheme the client used."""
    scheme = request.headers.get(b"x-forwarded-proto", request.scheme.encode()).decode("latin-1")
    host = request.headers.get(b"host", b"localhost").decode("latin-1")
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    location = f"{scheme}://{host}{quote(path)}{query}"
    return Response(307, content_type=None, headers=[(b"location", location.encode("latin-1"))])


def length_required() -> Response:
    """411: a request with a body says how long it is."""
    return json_response(
        411, {"error": "LengthRequired", "detail": "A Content-Length header is required."}
    )


def body_too_large(limit: int) -> Response:
    """413: the body has more than `limit` bytes."""
    return json_response(
        413,
        {
            "error": "RequestBodyTooLarge",
            "detail": f"Request body exceeded the maximum allowed size of {limit} bytes.",
        },
    )


def too_many_requests(seconds: int) -> Response:
    """429: the caller has asked too often, and may ask again in so many seconds; no body."""
    return Response(429, content_type=None, headers=[(b"retry-after", b"%d" % seconds)])


def internal_error() -> Response:
    """500: a fault of ours."""
    return Response(500, b"Internal Server Error", content_type=TEXT)
