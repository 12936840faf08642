"""The `Authorization` header → the token's subject, or the answer that refuses."""

from collections.abc import AsyncIterator

from icefloe.api.messages import Request, Response, json_response
from icefloe.domain.values import errors
from icefloe.domain.values.access import Subject

_REALM = b'Bearer realm="polar"'
# The reference's tokens for changing an OAuth client's registration: they say nothing of who asks.
_REGISTRATION_PREFIX = b"polar_crt_"

_INVALID_TOKEN = str(errors.AuthenticationFailed())
_INSUFFICIENT_SCOPE = "The request requires higher privileges than provided by the access token."


async def find_subject(request: Request) -> Subject | None:
    """The subject of the request's bearer token; None without a token.

    Raises:
        AuthenticationFailed: the token is not valid.
    """
    token = find_token(request.headers.get(b"authorization"))
    return None if token is None else await request.services.tokens.authenticate(token)


async def while_valid(
    request: Request, scopes: tuple[str, ...], parts: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """Parts of an answer while the request's token is valid and allows one of `scopes`.

    The token is judged after each part is read: what was stored after a revocation is not sent.

    Raises:
        AuthenticationFailed: the token is not valid any more.
        NotPermitted: it has none of the scopes any more.
    """
    async for part in parts:
        subject = await find_subject(request)
        if subject is None or not subject.may(scopes):
            raise errors.NotPermitted
        yield part


def find_token(header: bytes | None) -> str | None:
    """The bearer token in an `Authorization` header, valid or not; None without one.

    A header with another scheme, without a token, or not in ASCII counts as no token, and so does the
    token of an OAuth client's registration. The scheme's letter case and the spaces around the token
    do not matter.
    """
    if header is None:
        return None
    scheme, _, rest = header.partition(b" ")
    token = rest.strip()
    if scheme.lower() != b"bearer" or not token or not token.isascii():
        return None
    if token.startswith(_REGISTRATION_PREFIX):
        return None
    return token.decode("ascii")


def unauthorized() -> Response:
    """401: the endpoint requires a token, and the request has none."""
    return json_response(
        401,
        {"error": "Unauthorized", "detail": "Unauthorized"},
        headers=[(b"www-authenticate", _REALM)],
    )


def invalid_token() -> Response:
    """401: the request's token is not valid."""
    return _oauth_error(401, "invalid_token", _INVALID_TOKEN, _REALM)


def insufficient_scope(scopes: tuple[str, ...]) -> Response:
    """403: the token is valid but holds none of `scopes`."""
    realm = _REALM + f', scope="{" ".join(scopes)}"'.encode()
    return _oauth_error(403, "insufficient_scope", _INSUFFICIENT_SCOPE, realm)


def _oauth_error(status: int, error: str, description: str, realm: bytes) -> Response:
    """An error in the form of RFC 6750, with the spaces the reference's library leaves."""
    body = f'{{"error": "{error}", "error_description": "{description}"}}'
    challenge = realm + f', error="{error}", error_description="{description}"'.encode()
    return Response(
        status,
        body.encode(),
        headers=[
            (b"cache-control", b"no-store"),
            (b"pragma", b"no-cache"),
            (b"www-authenticate", challenge),
        ],
    )
