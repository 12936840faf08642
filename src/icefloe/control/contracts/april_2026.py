"""The contract of April 2026."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from icefloe.control.contracts import customer_answers
from icefloe.control.contracts.present import Contract
from icefloe.control.messages import BufferedRequest, BufferedResponse, replace_header

_LATER_VERSION = b"2026-10"
_NO_VERSION = b"none"
# Since 2026-06 and 2026-08.
_LATER_FIELDS = ("billing_name", "first_user_event_at")


class April2026(Contract):
    """The contract of April 2026."""

    def before(self, request: BufferedRequest) -> BufferedRequest:
        """The request; the version that came later is none."""
        if request.header(b"polar-version") != _LATER_VERSION:
            return request
        return replace(
            request, headers=replace_header(request.headers, b"polar-version", _NO_VERSION)
        )

    def after(self, request: BufferedRequest, response: BufferedResponse) -> BufferedResponse:  # noqa: ARG002 - as the others
        """The answer, without the fields that came later."""
        return customer_answers.change(response, _without_later_fields)


def _without_later_fields(customer: dict[str, Any]) -> None:
    for name in _LATER_FIELDS:
        customer.pop(name, None)
