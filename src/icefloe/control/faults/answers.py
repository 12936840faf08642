"""Responses in place of the API's: those of the reference, and of a proxy in front of it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from icefloe.api import authentication, errors, messages, versions
from icefloe.api.endpoints import ROUTES
from icefloe.api.messages import Response, json_response
from icefloe.control.messages import BufferedRequest, BufferedResponse
from icefloe.domain.values.access import CUSTOMERS_READ
from icefloe.domain.values.errors import CustomerNotFound, MemberNotFound

_HTML = b"text/html"
_PAGE = (
    "<html>\r\n<head><title>{line}</title></head>\r\n<body>\r\n"
    "<center><h1>{line}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
# A proxy in front of the server answers these, without the headers of the API.
_BY_A_PROXY = frozenset({502, 503, 504})
_REFUSED = {
    "type": "value_error",
    "loc": ["body"],
    "msg": "Value error, Refused by a fault that was asked for",
    "input": None,
}


def answer(
    status: int, request: BufferedRequest, retry_after: int | None = None
) -> BufferedResponse:
    """The answer of an error's status.

    Args:
        status: 400 to 599.
        request: the request.
        retry_after: seconds, for the header of that name.
    """
    extra = [] if retry_after is None else [(b"retry-after", b"%d" % retry_after)]
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return BufferedResponse(status, [*extra, (b"content-length", b"0")], b"")
    if status in _BY_A_PROXY:
        page = _PAGE.format(line=f"{status} {_phrase(status)}").encode()
        length = (b"content-length", b"%d" % len(page))
        return BufferedResponse(status, [(b"content-type", _HTML), *extra, length], page)
    return render(_response(status, request), request)


def render(response: Response, request: BufferedRequest) -> BufferedResponse:
    """An answer of the API's with the headers that all of them have."""
    version = versions.find_version(request.header(b"polar-version"))
    headers = messages.finish(response, version or versions.DEFAULT_VERSION)
    return BufferedResponse(response.status, headers, response.body)


def _response(status: int, request: BufferedRequest) -> Response:
    """The contract's answer of that status."""
    make = _RESPONSES.get(status)
    if make is None:
        return json_response(status, {"detail": _phrase(status)})
    return make(request)


def _insufficient_scope(request: BufferedRequest) -> Response:
    route = ROUTES.find(request.method, request.path).route
    scopes = None if route is None else route.scopes
    return authentication.insufficient_scope(scopes or CUSTOMERS_READ)


def _nothing_found(request: BufferedRequest) -> Response:
    missing = MemberNotFound() if "/members" in request.path else CustomerNotFound()
    return json_response(404, {"error": "ResourceNotFound", "detail": str(missing)})


def _other_method(request: BufferedRequest) -> str:
    """A method that the path has, other than the request's."""
    fitting = (
        route.method
        for route in ROUTES.routes
        if route.method != request.method and route.compile().fullmatch(request.path)
    )
    return next(fitting, "GET" if request.method != "GET" else "POST")


_RESPONSES: dict[int, Callable[[BufferedRequest], Response]] = {
    401: lambda _: authentication.unauthorized(),
    403: _insufficient_scope,
    404: _nothing_found,
    405: lambda request: errors.method_not_allowed(_other_method(request)),
    422: lambda _: errors.invalid([_REFUSED]),
    500: lambda _: errors.internal_error(),
}


def _phrase(status: int) -> str:
    """The status's name, or "Error" if it has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
