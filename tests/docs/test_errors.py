"""`docs/errors.md` against the answers that the code gives."""

import ast
import inspect
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from docs import pages
from icefloe.api import authentication, errors, rates
from icefloe.api.description import failures, openapi
from icefloe.api.endpoints import ROUTES
from icefloe.api.messages import Request, Response
from icefloe.domain.values import errors as facts

PAGE = "docs/errors.md"
_MOVED = cast(
    "Request",
    SimpleNamespace(
        headers={b"host": b"127.0.0.1:8000"},
        scheme="http",
        query_string=b"",
        method="GET",
        services=SimpleNamespace(public_url=None, base_path=""),
    ),
)
_PROBLEM = {
    "type": "greater_than",
    "loc": ["query", "page"],
    "msg": "Input should be greater than 0",
    "input": "0",
    "ctx": {"gt": 0},
}
_TAKEN = facts.Violation(
    "value_error",
    ("body", "email"),
    "A customer with this email address already exists.",
    "ada@example.com",
)
_NO_METER = facts.Violation(
    "value_error",
    ("body", "properties", "meter_id"),
    "This meter does not exist.",
    "3b0c2a1e-5d1f-4c61-9e0a-7d6f0a54c1b2",
)
_NOT_PERMITTED = (
    "Individual customers can only have one member (the owner)."
    " Upgrade to a team customer to add more members."
)

# The heading of each answer made by a function, and the answer.
BY_FUNCTION: dict[Callable[..., Response], tuple[str, Response]] = {
    errors.moved: ("307 Moved", errors.moved(_MOVED, "/v1/customers/export")),
    errors.unreadable_body: ("400 Body unreadable", errors.unreadable_body()),
    errors.body_cut_short: ("400 RequestBodyIncomplete", errors.body_cut_short()),
    errors.body_too_slow: ("408 RequestTimeout", errors.body_too_slow()),
    authentication.unauthorized: ("401 Unauthorized", authentication.unauthorized()),
    authentication.invalid_token: ("401 invalid_token", authentication.invalid_token()),
    authentication.insufficient_scope: (
        "403 insufficient_scope",
        authentication.insufficient_scope(("customers:read", "customers:write")),
    ),
    errors.not_found: ("404 No such route", errors.not_found()),
    errors.method_not_allowed: ("405 Wrong method", errors.method_not_allowed("GET")),
    errors.length_required: ("411 LengthRequired", errors.length_required()),
    errors.body_too_large: (
        "413 RequestBodyTooLarge",
        errors.body_too_large(10 * 1024 * 1024),
    ),
    errors.invalid: ("422 RequestValidationError", errors.invalid([_PROBLEM])),
    errors.too_many_requests: (
        "429 Too many requests",
        errors.too_many_requests(rates.WINDOW_SECONDS),
    ),
    errors.not_implemented: (
        "501 NotImplemented",
        errors.not_implemented("POST", "/v1/refunds/"),
    ),
    errors.bodies_too_many: ("503 No room for the body", errors.bodies_too_many()),
    errors.internal_error: ("500 Internal Server Error", errors.internal_error()),
}
# The heading of each answer to a fact of the domain, and such a fact.
BY_FACT: dict[type[facts.IcefloeError], tuple[str, facts.IcefloeError]] = {
    facts.NotFound: ("404 ResourceNotFound", facts.NotFound()),
    facts.NotPermitted: ("403 NotPermitted", facts.NotPermitted(_NOT_PERMITTED)),
    facts.DisputeAutoAcceptNotEnabled: (
        "403 DisputeAutoAcceptNotEnabled",
        facts.DisputeAutoAcceptNotEnabled(),
    ),
    facts.SubscriptionNotCanceled: ("400 BadRequest", facts.SubscriptionNotCanceled()),
    facts.NotASeatBasedSubscription: (
        "400 NotASeatBasedSubscription",
        facts.NotASeatBasedSubscription(),
    ),
    facts.NotAUnitBasedSubscription: (
        "400 NotAUnitBasedSubscription",
        facts.NotAUnitBasedSubscription(),
    ),
    facts.AlreadyCanceledSubscription: (
        "403 AlreadyCanceledSubscription",
        facts.AlreadyCanceledSubscription(),
    ),
    facts.InactiveSubscription: ("403 InactiveSubscription", facts.InactiveSubscription("5d1e…")),
    facts.CannotPauseSubscription: ("409 CannotPauseSubscription", facts.CannotPauseSubscription()),
    facts.NoScheduledPause: ("409 NoScheduledPause", facts.NoScheduledPause()),
    facts.NotPausedSubscription: ("409 NotPausedSubscription", facts.NotPausedSubscription()),
    facts.SubscriptionEnded: ("410 ResourceUnavailable", facts.SubscriptionEnded()),
    facts.OffSessionChargesNotEnabled: (
        "403 OffSessionChargesNotEnabled",
        facts.OffSessionChargesNotEnabled(UUID(int=0)),
    ),
    facts.InvoiceDoesNotExist: ("404 InvoiceDoesNotExist", facts.InvoiceDoesNotExist()),
    facts.ReceiptNotAllocated: ("404 ReceiptNotAllocated", facts.ReceiptNotAllocated()),
    facts.OrderNotDraft: ("412 OrderNotDraft", facts.OrderNotDraft()),
    facts.MissingInvoiceBillingDetails: (
        "422 MissingInvoiceBillingDetails",
        facts.MissingInvoiceBillingDetails(),
    ),
    facts.StorageUnavailable: ("503 ServiceUnavailable", facts.StorageUnavailable()),
    facts.AuthenticationFailed: ("401 invalid_token", facts.AuthenticationFailed()),
    facts.RulesBroken: ("422 PolarRequestValidationError", facts.RulesBroken(_TAKEN)),
    facts.BenefitPropertiesInvalid: (
        "422 BenefitPropertiesValidationError",
        facts.BenefitPropertiesInvalid(_NO_METER),
    ),
}


def _render(fact: facts.IcefloeError) -> Response:
    answer = errors.render(fact)
    assert answer is not None
    return answer


ANSWERS: dict[str, Response] = {
    **dict(BY_FUNCTION.values()),
    **{heading: _render(fact) for heading, fact in BY_FACT.values()},
}


def _functions() -> Iterator[Callable[..., Response]]:
    """The functions of the wire that make an answer to a mistake."""
    for module in (errors, authentication):
        for name, function in vars(module).items():
            is_own = inspect.isfunction(function) and function.__module__ == module.__name__
            if inspect.iscoroutinefunction(function):
                continue  # gives what the others make
            if is_own and not name.startswith("_") and _gives_response(function):
                yield function


def _gives_response(function: Callable[..., Any]) -> bool:
    return function.__annotations__.get("return") in {Response, "Response"}


def _facts(kind: type[facts.IcefloeError]) -> Iterator[type[facts.IcefloeError]]:
    for below in kind.__subclasses__():
        if below.__module__ == facts.__name__:
            yield below
            yield from _facts(below)


def _example(kind: type[facts.IcefloeError]) -> facts.IcefloeError:
    if kind is facts.TooManyAttempts:
        return facts.TooManyAttempts(1)
    if kind is facts.OffSessionChargesNotEnabled:
        return facts.OffSessionChargesNotEnabled(UUID(int=0))
    return kind("field") if kind is facts.Duplicate else kind()


def test_functions() -> None:
    """Every function that makes an answer to a mistake is known here."""
    assert set(_functions()) == set(BY_FUNCTION)


def test_facts() -> None:
    """Every fact of the domain that has an answer is known here, itself or by what it is a kind of."""
    answered = {kind for kind in _facts(facts.IcefloeError) if errors.render(_example(kind))}
    assert {kind for kind in answered if not issubclass(kind, tuple(BY_FACT))} == set()
    assert {kind for kind, *_ in errors._TABLE} <= set(BY_FACT)


@pytest.mark.parametrize("heading", ANSWERS)
def test_body(heading: str) -> None:
    """An answer's section has its status and its body."""
    answer, section = ANSWERS[heading], _section(heading)
    assert heading.startswith(f"{answer.status} ")
    shown = _fenced(section)
    if answer.content_type == b"text/plain; charset=utf-8":
        assert shown["text"] == answer.body.decode() + "\n"
    elif answer.body:
        assert json.loads(shown["json"]) == json.loads(answer.body)
    else:
        assert not {"json", "text"} & shown.keys()


@pytest.mark.parametrize("heading", ANSWERS)
def test_headers(heading: str) -> None:
    """An answer's section has its own headers, and no others."""
    shown = _fenced(_section(heading)).get("http", "").splitlines()
    assert shown == [
        f"{name.decode()}: {value.decode()}" for name, value in ANSWERS[heading].headers
    ]


def test_described() -> None:
    """Every error that an OpenAPI document describes has a section, by its status and wire name."""
    headings = [*pages.find_sections(PAGE)]
    for route in ROUTES.routes:
        for status, names in openapi._failures(route).items():
            for name in names:
                assert any(
                    heading.startswith(f"{status} {_wire_name(name)}") for heading in headings
                ), (status, name)


def _wire_name(schema: str) -> str:
    """What an error's `error` says; nothing where it has none, or one of several."""
    field = getattr(failures, schema).model_fields.get("error")
    return "" if field is None else str(field.annotation.__args__[0])


def test_order() -> None:
    """The sections come in the order of their statuses."""
    statuses = [int(heading[:3]) for heading in pages.find_sections(PAGE) if heading[0].isdigit()]
    assert statuses == sorted(statuses)


def test_messages() -> None:
    """Every message in the table of broken rules is one that the domain gives."""
    said = [text for path in (pages.ROOT / "src/icefloe").rglob("*.py") for text in _texts(path)]
    messages = [row[1] for row in pages.find_rows(_section("422 PolarRequestValidationError"))]
    assert [message for message in messages if message not in said] == []
    assert len(messages) == len(set(messages))


def _texts(path: Any) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _section(heading: str) -> str:
    return pages.find_sections(PAGE)[heading]


def _fenced(section: str) -> dict[str, str]:
    """The fenced blocks of a section by language; each language once."""
    parts = section.split("```")[1::2]
    pairs = [part.split("\n", 1) for part in parts]
    assert len({language for language, _ in pairs}) == len(pairs)
    return dict(pairs)
