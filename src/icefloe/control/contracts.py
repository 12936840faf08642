"""Older contracts: a request and its answer rewritten, so that the API seems to be of an earlier time.

A contract never answers by itself: what a request would get then it gets from the API, by asking it
for something else. Each organization has a `Contract` of its own, which may remember what the API
cannot keep; it forgets that when the server ends.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from icefloe.control import customer_answers, mid_2025
from icefloe.control.contract import Contract
from icefloe.control.messages import Answered, Asked, replace_header
from icefloe.domain.values.errors import InvalidValue

_LATER_VERSION = b"2026-10"
_NO_VERSION = b"none"
# Since 2026-06 and 2026-08.
_LATER_FIELDS = ("billing_name", "first_user_event_at")


class April2026(Contract):
    """The contract of April 2026."""

    def before(self, asked: Asked) -> Asked:
        """The request; the version that came later is none."""
        if asked.header(b"polar-version") != _LATER_VERSION:
            return asked
        return replace(asked, headers=replace_header(asked.headers, b"polar-version", _NO_VERSION))

    def after(self, asked: Asked, answered: Answered) -> Answered:  # noqa: ARG002 - as the others
        """The answer, without the fields that came later."""
        return customer_answers.change(answered, _without_later_fields)


def _without_later_fields(customer: dict[str, Any]) -> None:
    for name in _LATER_FIELDS:
        customer.pop(name, None)


_CONTRACTS = {"2025-06": mid_2025.Mid2025, "2026-04": April2026, "2026-10": Contract}
NAMES = tuple(_CONTRACTS)
"""The contracts there are; the last is the server's present one."""


def open_contract(name: str | None) -> Contract:
    """The contract of that name; None is the server's present one. Raises InvalidValue."""
    if name is None:
        return Contract()
    if name not in _CONTRACTS:
        raise InvalidValue(f"there is no contract {name!r}: choose one of {', '.join(NAMES)}")
    return _CONTRACTS[name]()
