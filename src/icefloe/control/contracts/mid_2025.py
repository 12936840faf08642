"""The contract of mid-2025, as recorded then.

A request is rewritten so that the API of today takes it, and its answer so that it looks as it did:
thirteen fields of a customer, no teams, locales, members, payment methods, export, anonymisation,
`active` or versions; routes known before tokens; names of any length, every country, tax numbers as
pairs that are not checked, and addresses that can be taken away.

What the API cannot keep is remembered here for up to 10,000 values, and shown for as long as the API
keeps what stands in for it: a long or blank name, a country under embargo (kept as Antarctica), a
tax number that is not one of its country, an address that is gone, the letter case of an e-mail.

Not as then:

- searches and filters see what the API keeps, know external ids, and have today's wildcards;
- an external id that is blank is null, and text loses the spaces around it, but for names;
- customers without an e-mail, which did not exist then, are left out of answers but not out of counts;
- a change of nothing but a tax number, or of an address to null, takes the locale away;
- a tax number that the API keeps is still judged by the country of a new address;
- which formats of tax numbers a complaint lists; the error of a domain that takes no mail is today's;
- the CORS headers name Polar-Version.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

from icefloe.api import absent_endpoints, bodies
from icefloe.api.endpoints import ROUTES
from icefloe.api.messages import JSON
from icefloe.control import exact_json
from icefloe.control.contracts import (
    customer_answers,
    mid_2025_bodies,
    mid_2025_problems,
    old_paths,
)
from icefloe.control.contracts.present import Contract
from icefloe.control.messages import (
    BufferedRequest,
    BufferedResponse,
    replace_header,
    with_body,
    without,
)

_PLACE = "[^/]+"
_GONE = re.compile(
    rf"/v1/members(?:/.*)?"
    rf"|/v1/customers/(?:external/{_PLACE}|(?!external/){_PLACE})/(?:members(?:/.*)?|payment-methods/?)"
)
_EXTERNAL = re.compile(rf"/v1/customers/external/{_PLACE}")
_LIST = frozenset({"/v1/customers", "/v1/customers/"})
_EXPORT = "/v1/customers/export"
# An id that is wrong in the same place and way as the word `export`.
_LIKE_EXPORT = f"{_EXPORT}."
_UNKNOWN = "/v1/unknown"
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_LATER_PARAMETERS = {"GET": "active", "DELETE": "anonymize"}
_WELL_FORMED = re.compile(rb"[Bb][Ee][Aa][Rr][Ee][Rr] \S+")
_NO_TOKEN = b"Bearer -"
_LATER_FIELDS = (
    "type", "billing_name", "locale", "default_payment_method_id", "first_user_event_at",
)  # fmt: skip
_NOT_FOUND = b'{"error":"ResourceNotFound","detail":"Not found"}'
_MAX_REMEMBERED = 10_000


class Mid2025(Contract):
    """The contract of mid-2025, and what it remembers for one organization."""

    def __init__(self) -> None:
        # (customer, field) → what the API stores, and what is shown for it.
        self._remembered: dict[tuple[str, str], tuple[object, object]] = {}

    def before(self, request: BufferedRequest) -> BufferedRequest:
        """The request, rewritten so that today's API answers as then."""
        request = replace(request, headers=without(request.headers, [b"polar-version"]))
        request = _with_route(request)
        request = _with_authorization(request)
        request = replace(request, query_string=_query_string_of(request))
        return _with_body(request) if request.method in _BODY_METHODS else request

    def after(self, request: BufferedRequest, response: BufferedResponse) -> BufferedResponse:
        """The answer as it was then."""
        response = replace(response, headers=without(response.headers, [b"polar-version"]))
        sent = _read_sent(request)
        if response.status == mid_2025_problems.STATUS:
            return mid_2025_problems.rewrite(response, sent)
        document = customer_answers.read(response)
        if document is None:
            return response
        if isinstance(sent, dict):
            self._remember(sent, document)
        for customer in customer_answers.find(document):
            self._age(customer)
        if "items" in document and "pagination" in document:
            _age_list(document)
        elif customer_answers.is_customer(document) and document["email"] is None:
            return with_body(replace(response, status=404), _NOT_FOUND)
        return with_body(response, exact_json.write(document))

    def _remember(self, sent: dict[str, Any], customer: dict[str, Any]) -> None:
        """Note what was sent and is not kept as it was then; `customer` is as the API keeps it."""
        for name, shown in mid_2025_bodies.shown_for(sent, customer):
            key = (customer["id"], name)
            self._remembered.pop(key, None)
            if shown != customer[name]:
                self._remembered[key] = (customer[name], shown)
        while len(self._remembered) > _MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]

    def _age(self, customer: dict[str, Any]) -> None:
        """Make a customer look as then."""
        for name in tuple(customer):
            kept_and_shown = self._remembered.get((customer["id"], name))
            if kept_and_shown is not None and kept_and_shown[0] == customer[name]:
                customer[name] = kept_and_shown[1]
        for name in _LATER_FIELDS:
            customer.pop(name, None)
        avatar = customer["avatar_url"]
        if isinstance(avatar, str):
            customer["avatar_url"] = re.sub(r"\?d=404$", "?d=blank", avatar)


def _age_list(document: dict[str, Any]) -> None:
    """Make a list look as then: a page past the end knew nothing of the others."""
    if not document["items"]:
        document["pagination"] = {"total_count": 0, "max_page": 0}
    document["items"] = [
        item
        for item in document["items"]
        if not customer_answers.is_customer(item) or item["email"] is not None
    ]


def _with_route(request: BufferedRequest) -> BufferedRequest:
    """The request, for a route of today that answers as this one did then."""
    path = old_paths.without_prefix(request.path)
    if _GONE.fullmatch(path):
        return replace(request, path=_UNKNOWN)
    if request.method == "GET" and path == _EXPORT:
        return replace(request, path=_LIKE_EXPORT)
    if request.method == "PUT" and _EXTERNAL.fullmatch(path):
        return replace(request, method="POST")  # which it does not take either
    return request


def _with_authorization(request: BufferedRequest) -> BufferedRequest:
    """The request without a token where none was looked at, and without one that was not well-formed.

    Then, a route was found before the token was judged.
    """
    path = old_paths.without_prefix(request.path)
    route = ROUTES.find(request.method, path).route
    is_absent = route is None and absent_endpoints.find(request.method, path) is not None
    if not is_absent and (route is None or route.scopes is None):
        return replace(request, headers=without(request.headers, [b"authorization"]))
    header = request.header(b"authorization")
    is_bearer = header is not None and header[:7].lower() == b"bearer "
    if header is None or not is_bearer or not header[7:].strip() or _WELL_FORMED.fullmatch(header):
        return request
    return replace(request, headers=replace_header(request.headers, b"authorization", _NO_TOKEN))


def _query_string_of(request: BufferedRequest) -> bytes:
    """The query string without what came later."""
    later = _LATER_PARAMETERS.get(request.method)
    if later is None or not request.query_string:
        return request.query_string
    return b"&".join(
        part
        for part in request.query_string.split(b"&")
        if unquote_plus(part.partition(b"=")[0].decode("latin-1")) != later
    )


def _with_body(request: BufferedRequest) -> BufferedRequest:
    """The request with a body that the API takes, and the headers it wants beside it."""
    if bodies.is_too_long(request.header(b"content-length")):
        return request
    body = request.body
    sent = _read_sent(request)
    if isinstance(sent, dict):
        body = exact_json.write(mid_2025_bodies.rewrite(sent, is_new=request.method == "POST"))
    headers = without(request.headers, [b"transfer-encoding"])
    headers = replace_header(headers, b"content-length", b"%d" % len(body))
    if not request.header(b"content-type"):
        headers = replace_header(headers, b"content-type", JSON)
    return replace(request, headers=headers, body=body)


def _read_sent(request: BufferedRequest) -> Any:
    """The JSON value of a body that makes or changes a customer; None for any other."""
    path = old_paths.without_prefix(request.path)
    takes_customer = (request.method == "POST" and path in _LIST) or (
        request.method == "PATCH" and path.startswith("/v1/customers/")
    )
    if not takes_customer or not bodies.is_json(request.header(b"content-type") or JSON):
        return None
    try:
        value = exact_json.read(request.body)
        exact_json.write(value)
    except ValueError:
        return None
    return value
