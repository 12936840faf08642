"""The answers that faults give in place of the API: as the reference, and what stands before it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from icefloe.api import authentication, errors, messages, versions
from icefloe.api.endpoints import ROUTES
from icefloe.api.messages import Response, json_response
from icefloe.control.messages import Answered, Asked
from icefloe.domain.values.access import CUSTOMERS_READ
from icefloe.domain.values.errors import CustomerNotFound, MemberNotFound

_HTML = b"text/html"
_PAGE = (
    "<html>\r\n<head><title>{line}</title></head>\r\n<body>\r\n"
    "<center><h1>{line}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
# Whoever stands before the server answers these, and knows nothing of its versions.
_BY_A_PROXY = frozenset({502, 503, 504})
_REFUSED = {
    "type": "value_error",
    "loc": ["body"],
    "msg": "Value error, Refused by a fault that was asked for",
    "input": None,
}


def answer(status: int, asked: Asked, retry_after: int | None = None) -> Answered:
    """The answer of an error's status.

    Args:
        status: 400 to 599.
        asked: the request.
        retry_after: seconds, for the header of that name.
    """
    extra = [] if retry_after is None else [(b"retry-after", b"%d" % retry_after)]
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Answered(status, [*extra, (b"content-length", b"0")], b"")
    if status in _BY_A_PROXY:
        page = _PAGE.format(line=f"{status} {_phrase(status)}").encode()
        length = (b"content-length", b"%d" % len(page))
        return Answered(status, [(b"content-type", _HTML), *extra, length], page)
    return render(_response(status, asked), asked)


def render(response: Response, asked: Asked) -> Answered:
    """An answer of the API's with the headers that all of them have."""
    version = versions.find_version(asked.header(b"polar-version"))
    headers = messages.finish(response, version or versions.DEFAULT_VERSION)
    return Answered(response.status, headers, response.body)


def _response(status: int, asked: Asked) -> Response:
    """The contract's answer of that status."""
    make = _RESPONSES.get(status)
    if make is None:
        return json_response(status, {"detail": _phrase(status)})
    return make(asked)


def _insufficient_scope(asked: Asked) -> Response:
    route = ROUTES.find(asked.method, asked.path).route
    scopes = None if route is None else route.scopes
    return authentication.insufficient_scope(scopes or CUSTOMERS_READ)


def _nothing_found(asked: Asked) -> Response:
    missing = MemberNotFound() if "/members" in asked.path else CustomerNotFound()
    return json_response(404, {"error": "ResourceNotFound", "detail": str(missing)})


def _other_method(asked: Asked) -> str:
    """A method that the path is known to take, other than the one it was asked with."""
    fitting = (
        route.method
        for route in ROUTES.routes
        if route.method != asked.method and route.pattern.fullmatch(asked.path)
    )
    return next(fitting, "GET" if asked.method != "GET" else "POST")


_RESPONSES: dict[int, Callable[[Asked], Response]] = {
    401: lambda _: authentication.unauthorized(),
    403: _insufficient_scope,
    404: _nothing_found,
    405: lambda asked: errors.method_not_allowed(_other_method(asked)),
    422: lambda _: errors.invalid([_REFUSED]),
    500: lambda _: errors.internal_error(),
}


def _phrase(status: int) -> str:
    """The status's name, where it has one."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
