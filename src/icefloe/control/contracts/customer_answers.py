"""The customers in an answer."""

from collections.abc import Callable
from typing import Any

from icefloe.control import exact_json
from icefloe.control.messages import BufferedResponse, with_body

_SUCCESS = range(200, 300)
# Every customer has it, and nothing else that is answered.
_MARK = "email_verified"


def read(response: BufferedResponse) -> Any:
    """The JSON value of a successful response, with its numbers' text; None unless it is an object."""
    if response.status not in _SUCCESS:
        return None
    try:
        document = exact_json.read(response.body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def find(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The customers in an answer's object: those of a list, or the object itself."""
    items = document.get("items")
    some = items if isinstance(items, list) else [document]
    return [one for one in some if is_customer(one)]


def is_customer(value: object) -> bool:
    """Whether a value of an answer is a customer."""
    return isinstance(value, dict) and _MARK in value


def change(response: BufferedResponse, each: Callable[[dict[str, Any]], None]) -> BufferedResponse:
    """The answer with each of its customers changed in place."""
    document = read(response)
    if document is None:
        return response
    for customer in find(document):
        each(customer)
    return with_body(response, exact_json.write(document))
