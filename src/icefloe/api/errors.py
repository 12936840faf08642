"""Errors → answers: one table for the domain's errors, a function for each answer of HTTP's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from icefloe.api import authentication
from icefloe.api.messages import FAULT, TEXT, Request, Response, json_response
from icefloe.api.schemas.problems import MAX_PROBLEMS
from icefloe.asgi import arrival, origins
from icefloe.domain.values import errors

if TYPE_CHECKING:
    from icefloe.log import Log

Problem = Mapping[str, Any]

# Domain error → (status, the wire's name for it, headers of the answer). The first match wins.
_TABLE: tuple[tuple[type[errors.IcefloeError], int, str, list[tuple[bytes, bytes]]], ...] = (
    (errors.InvoiceDoesNotExist, 404, "InvoiceDoesNotExist", []),
    (errors.ReceiptNotAllocated, 404, "ReceiptNotAllocated", []),
    (errors.NotFound, 404, "ResourceNotFound", []),
    (errors.DisputeAutoAcceptNotEnabled, 403, "DisputeAutoAcceptNotEnabled", []),
    (errors.OffSessionChargesNotEnabled, 403, "OffSessionChargesNotEnabled", []),
    (errors.NotPermitted, 403, "NotPermitted", []),
    (errors.AlreadyCanceledSubscription, 403, "AlreadyCanceledSubscription", []),
    (errors.InactiveSubscription, 403, "InactiveSubscription", []),
    (errors.SubscriptionNotCanceled, 400, "BadRequest", []),
    (errors.SubscriptionEnded, 410, "ResourceUnavailable", []),
    (errors.CannotPauseSubscription, 409, "CannotPauseSubscription", []),
    (errors.NoScheduledPause, 409, "NoScheduledPause", []),
    (errors.NotPausedSubscription, 409, "NotPausedSubscription", []),
    (errors.NotASeatBasedSubscription, 400, "NotASeatBasedSubscription", []),
    (errors.NotAUnitBasedSubscription, 400, "NotAUnitBasedSubscription", []),
    (errors.OrderNotDraft, 412, "OrderNotDraft", []),
    (errors.MissingInvoiceBillingDetails, 422, "MissingInvoiceBillingDetails", []),
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
    """No parser can read the body."""


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


async def answered(
    work: Awaitable[Response],
    log: Log,
    render: Callable[[errors.IcefloeError], Response | None] = render,
) -> Response:
    """The answer that work on a request comes to, whatever happens.

    Args:
        work: gives the answer, or raises.
        log: where failures of ours are noted.
        render: as the function of that name, where some errors have answers of their own.
    """
    try:
        return await work
    except RequestInvalid as error:
        return invalid(error.problems)
    except BodyUnreadable:
        return unreadable_body()
    except arrival.BodyIncomplete as error:
        return _incomplete(error)
    except errors.IcefloeError as error:
        response = render(error)
        if response is not None:
            return response
        log.failure("unexpected error", error)
    except Exception as error:  # noqa: BLE001 - the last place: logged, and answered as a 500
        log.failure("unexpected error", error)
    return internal_error()


def invalid(problems: Sequence[Problem]) -> Response:
    """422: the request's form is wrong; up to `MAX_PROBLEMS` problems at once."""
    detail = list(problems[:MAX_PROBLEMS])
    return json_response(422, {"error": "RequestValidationError", "detail": detail})


def unreadable_body() -> Response:
    """400: no parser can read the body."""
    return json_response(400, {"detail": "There was an error parsing the body"})


def _incomplete(error: arrival.BodyIncomplete) -> Response:
    """400, 408 or 503: the whole body did not arrive, or may not."""
    if isinstance(error, arrival.BodyTooSlow):
        return body_too_slow()
    if isinstance(error, arrival.BodiesTooMany):
        return bodies_too_many()
    return body_cut_short()


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


def bodies_too_many() -> Response:
    """503: other bodies take the memory that there is for them; the connection is closed."""
    detail = "The server is busy with the bodies of other requests; try again shortly."
    headers = [(b"retry-after", b"1"), (b"connection", b"close")]
    return json_response(503, {"error": "ServiceUnavailable", "detail": detail}, headers)


def _rules_broken(error: errors.RulesBroken) -> Response:
    """422: the request's form is right, but it breaks a rule that needs stored data."""
    detail = [
        {
            "type": violation.kind,
            "loc": violation.place,
            "msg": violation.message,
            "input": violation.value,
        }
        for violation in error.violations
    ]
    name = "PolarRequestValidationError"
    if isinstance(error, errors.BenefitPropertiesInvalid):
        name = "BenefitPropertiesValidationError"
    return json_response(422, {"error": name, "detail": detail})


def not_found() -> Response:
    """404: there is no such route, or no such version."""
    return json_response(404, {"detail": "Not Found"})


def method_not_allowed(allowed: str) -> Response:
    """405: the route exists, with another method."""
    return json_response(405, {"detail": "Method Not Allowed"}, [(b"allow", allowed.encode())])


def moved(request: Request, path: str) -> Response:
    """307: repeat the request at `path`, where the client reaches this server.

    With a malformed `Host` and no setting, the location is the path alone, which is relative.
    """
    origin = request.services.public_url or _find_origin(request) or ""
    base_path = request.services.base_path
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    location = f"{origin}{base_path}{quote(path)}{query}"
    return Response(307, content_type=None, headers=[(b"location", location.encode("latin-1"))])


def _find_origin(request: Request) -> str | None:
    """Where the client reached this server, by the request's head."""
    forwarded = request.headers.get(b"x-forwarded-proto")
    host = request.headers.get(b"host")
    scheme = origins.find_scheme(
        request.scheme, None if forwarded is None else forwarded.decode("latin-1")
    )
    return origins.find_origin(scheme, None if host is None else host.decode("latin-1"))


def length_required() -> Response:
    """411: a request with a body must have a Content-Length."""
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
    """429: the caller is over its rate limit, and may retry in so many seconds; no body."""
    return Response(429, content_type=None, headers=[(b"retry-after", b"%d" % seconds)])


def not_implemented(method: str, path: str) -> Response:
    """501: the reference has this endpoint, and this server does not."""
    detail = f"{method} {path} is not part of this server. See /docs for what is."
    return json_response(501, {"error": "NotImplemented", "detail": detail})


def internal_error() -> Response:
    """500: a fault of ours."""
    return Response(FAULT, b"Internal Server Error", content_type=TEXT)
