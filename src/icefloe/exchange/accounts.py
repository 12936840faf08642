"""Reading a live account: all that it has, page by page, no faster than its server asks."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, NotRequired

import httpx
from pydantic import AfterValidator, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from icefloe.domain.values.errors import ConfigurationError
from icefloe.exchange.problems import printable

_LIMIT = 100
_MOST_TRIES = 6
_MOST_SECONDS = 300.0
_TIMEOUT_SECONDS = 60.0


def _judge(item: dict[str, Any]) -> dict[str, Any]:
    _ITEM.validate_python(item)
    return item


class _Address(TypedDict):
    country: str
    state: NotRequired[str | None]
    line1: NotRequired[str | None]
    line2: NotRequired[str | None]
    postal_code: NotRequired[str | None]
    city: NotRequired[str | None]


class _Shown(TypedDict):
    """An object that another one shows."""

    id: str


class _Item(TypedDict):
    """An object of the account, as far as it matters what form it has."""

    id: str
    email: NotRequired[str | None]
    name: NotRequired[str | None]
    external_id: NotRequired[str | None]
    billing_name: NotRequired[str | None]
    billing_address: NotRequired[_Address | None]
    metadata: NotRequired[dict[str, Any] | None]
    custom_field_data: NotRequired[dict[str, Any] | None]
    customer_id: NotRequired[str | None]
    discount: NotRequired[_Shown | None]
    benefits: NotRequired[list[_Shown]]
    products: NotRequired[list[_Shown]]
    properties: NotRequired[dict[str, Any]]
    prices: NotRequired[list[dict[str, Any]]]
    meters: NotRequired[list[dict[str, Any]]]
    product_price: NotRequired[dict[str, Any] | None]


_ITEM: TypeAdapter[_Item] = TypeAdapter(_Item)


class _Pagination(TypedDict):
    max_page: int
    total_count: int


class _Page(TypedDict):
    items: list[Annotated[dict[str, Any], AfterValidator(_judge)]]
    pagination: _Pagination


_PAGE: TypeAdapter[_Page] = TypeAdapter(_Page)


class Refused(ConfigurationError):
    """The account's server refuses the token this request, or has no such path."""


def find_server(url: str) -> str:
    """The URL of a server, of one with `/v1` or without. Raises ConfigurationError."""
    server = url.rstrip("/").removesuffix("/v1")
    if not server.startswith(("http://", "https://")):
        raise ConfigurationError(f"{url!r} is not a URL such as https://api.polar.sh")
    return server


def make_client(server: str, token: str, timeout: float | httpx.Timeout) -> httpx.Client:
    """A client that shows a token to a server.

    Args:
        server: its URL, as `find_server` gives it.
        token: shown to that server, and to no other.
        timeout: in seconds, for each read.

    Raises:
        ConfigurationError: that is no URL, or no token.
    """
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError("that is not a token")
    try:
        return httpx.Client(
            base_url=server,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=timeout,
            # Reading the machine's certificates takes a while.
            verify=server.startswith("https://"),
        )
    except (httpx.InvalidURL, ValueError) as error:
        raise ConfigurationError(f"{server!r} is not a URL: {error}") from error


class Account:
    """An account at a server that speaks the contract.

    Every method raises ConfigurationError if the server cannot be reached, does not answer as Polar
    does, or refuses the token.
    """

    def __init__(self, url: str, token: str) -> None:
        """Name the account.

        Args:
            url: where the API is, with `/v1` or without.
            token: shown to that server, and to no other.

        Raises:
            ConfigurationError: that is no URL, or no token.
        """
        self._url = find_server(url)
        self._client = make_client(self._url, token, _TIMEOUT_SECONDS)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def read_customers(self) -> Iterator[tuple[list[dict[str, Any]], int]]:
        """Every customer in the wire's form, oldest first, a page at a time; with the total so far.

        The oldest come first, so that customers who are added meanwhile are at the end. If one is
        deleted meanwhile, the others move up a place, and one of them may be missed.
        """
        yield from self._read_pages("/v1/customers/", {})

    def read_members(self, customer_id: str) -> list[dict[str, Any]] | None:
        """The members of a customer in the wire's form, or None where the token may not read them."""
        try:
            pages = list(self._read_pages("/v1/members/", {"customer_id": customer_id}))
        except Refused:
            return None
        return [member for items, _ in pages for member in items]

    def read_objects(self, noun: str) -> Iterator[tuple[list[dict[str, Any]], int]]:
        """Every object of a noun, such as `products`, as customers are read.

        Raises:
            Refused: the token may not read them, or the server has none.
        """
        sorting = "started_at" if noun == "subscriptions" else "created_at"
        yield from self._read_pages(f"/v1/{noun}/", {"sorting": sorting})

    def _read_pages(
        self, path: str, parameters: Mapping[str, str]
    ) -> Iterator[tuple[list[dict[str, Any]], int]]:
        """The items of each page that were on none before it; with the total so far."""
        seen: set[str] = set()
        page, last = 1, 1
        while page <= last:
            asked: dict[str, str | int] = {
                "sorting": "created_at",
                **parameters,
                "page": page,
                "limit": _LIMIT,
            }
            answer = self._ask(path, asked)
            try:
                found = _PAGE.validate_json(answer.content)
            except ValidationError as error:
                raise self._is_another(path) from error
            new = [item for item in found["items"] if item["id"] not in seen]
            if found["items"] and not new:  # it might go on so for ever
                raise self._is_another(path)
            seen.update(item["id"] for item in new)
            last = found["pagination"]["max_page"] if new else page
            yield new, found["pagination"]["total_count"]
            page += 1

    def _is_another(self, path: str) -> ConfigurationError:
        return ConfigurationError(f"{self._url}{path} does not answer as Polar's API does")

    def _ask(self, path: str, parameters: Mapping[str, str | int]) -> httpx.Response:
        """The answer to a request; retries when the server asks for it. Raises ConfigurationError."""
        answer = self._get(path, parameters)
        for attempt in range(_MOST_TRIES):
            if answer.status_code not in {429, 503}:
                break
            seconds = _retry_after(answer, 2.0**attempt)
            if seconds > _MOST_SECONDS:
                raise ConfigurationError(
                    f"{self._url} asks to wait for {seconds:.0f} seconds; try again then"
                )
            time.sleep(seconds)
            answer = self._get(path, parameters)
        if answer.status_code == httpx.codes.OK:
            return answer
        raise _refusal(self._url, path, answer.status_code)

    def _get(self, path: str, parameters: Mapping[str, str | int]) -> httpx.Response:
        try:
            return self._client.get(path, params=parameters)
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise ConfigurationError(why_unreachable(self._url, error)) from error


def _refusal(url: str, path: str, status: int) -> ConfigurationError:
    """The error for an answer that is not a page."""
    what = path.removeprefix("/v1/").strip("/")
    if status == httpx.codes.UNAUTHORIZED:
        return ConfigurationError(f"{url} does not know the token, or no longer")
    if status == httpx.codes.FORBIDDEN:
        return Refused(f"the token may not read {what}: it needs the scope {what}:read")
    if status == httpx.codes.NOT_FOUND:
        return Refused(f"there is no {path} at {url}")
    if status in {429, 503}:
        return ConfigurationError(f"{url} still answers {status} after {_MOST_TRIES} more tries")
    return ConfigurationError(f"{url} answers {status} to a request for {what}")


def why_unreachable(url: str, error: Exception) -> str:
    """What to tell of a server that did not answer."""
    reason = printable(str(error)) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return (
            f"{url} shows a certificate that is not trusted here;"
            " SSL_CERT_FILE may name a file of those that are"
        )
    return f"cannot read from {url}: {reason}"


def _retry_after(answer: httpx.Response, otherwise: float) -> float:
    """How many seconds to wait: `Retry-After` is a number of them, or the moment when they end."""
    asked = answer.headers.get("retry-after", "")
    if asked.isdecimal() and asked.isascii():
        return float(asked)
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return otherwise
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
