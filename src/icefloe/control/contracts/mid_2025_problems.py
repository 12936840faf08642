"""The complaints of today about a request, as they were worded and placed in mid-2025."""

from __future__ import annotations

from typing import Any

from icefloe.control import exact_json
from icefloe.control.contracts import mid_2025_bodies
from icefloe.control.messages import BufferedResponse, with_body
from icefloe.domain.values import addresses

STATUS = 422
_UUID_NOW = "invalid character: found"
_UUID_THEN = (
    "invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found"
)


def rewrite(response: BufferedResponse, sent: object) -> BufferedResponse:
    """A 422 as it was then.

    Args:
        response: the API's.
        sent: the body that the client sent, where it makes or changes a customer.
    """
    try:
        document = exact_json.read(response.body)
    except ValueError:
        return response
    if not isinstance(document, dict) or not isinstance(document.get("detail"), list):
        return response
    document["detail"] = [
        then for problem in document["detail"] for then in _problems_of(problem, sent)
    ]
    return with_body(response, exact_json.write(document))


def _problems_of(problem: dict[str, Any], sent: object) -> list[dict[str, Any]]:
    """What was said then for a complaint of today."""
    place: list[Any] = problem["loc"]
    if place[:2] == ["body", "individual"]:
        del place[1]  # there was one kind of customer
    if place == ["path", "id"]:
        _rewrite_uuid(problem)
    elif place[-1:] == ["country"] and problem["type"] == "enum":
        _rewrite_countries(problem)
    if not isinstance(sent, dict):
        return [problem]
    if place == ["body", "email"] and problem["type"] == "missing":
        problem["input"] = sent
    elif place == ["body", "email"]:
        email = mid_2025_bodies.email_problem(sent.get("email"))
        return [email or problem]
    elif place == ["body", "tax_id"]:
        return mid_2025_bodies.tax_id_problems(sent.get("tax_id")) or [problem]
    return [problem]


def _rewrite_uuid(problem: dict[str, Any]) -> None:
    """The words of then for an id that is none; the export was no route, and so an id."""
    if problem["input"] == "export.":
        problem["input"] = "export"
    if problem["type"] == "uuid_parsing":
        problem["msg"] = problem["msg"].replace(_UUID_NOW, _UUID_THEN)
        problem["ctx"]["error"] = problem["ctx"]["error"].replace(_UUID_NOW, _UUID_THEN)


def _rewrite_countries(problem: dict[str, Any]) -> None:
    """All countries were taken."""
    quoted = [f"'{code}'" for code in addresses.COUNTRIES]
    expected = f"{', '.join(quoted[:-1])} or {quoted[-1]}"
    problem["msg"] = f"Input should be {expected}"
    problem["ctx"] = {"expected": expected}
