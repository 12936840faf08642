"""The contract of April 2026."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from icefloe.control.contracts import customer_answers, old_paths
from icefloe.control.contracts.present import Contract
from icefloe.control.messages import BufferedRequest, BufferedResponse, replace_header

_LATER_VERSION = b"2026-10"
_NO_VERSION = b"none"
# Since 2026-06 and 2026-08.
_LATER_FIELDS = ("billing_name", "first_user_event_at")
# The members of a customer had no list of their own: these paths took a POST alone.
_MEMBERS = re.compile(r"/v1/customers/(?:external/[^/]+|(?!external/)[^/]+)/members")
# Which these paths do not take, then and today.
_WRONG_METHOD = "DELETE"
_NOT_ALLOWED = 405


class April2026(Contract):
    """The contract of April 2026."""

    def before(self, request: BufferedRequest) -> BufferedRequest:
        """The request, as if the later version and the lists of a customer's members were not there."""
        if request.method == "GET" and _is_of_members(request):
            request = replace(request, method=_WRONG_METHOD)
        if request.header(b"polar-version") != _LATER_VERSION:
            return request
        return replace(
            request, headers=replace_header(request.headers, b"polar-version", _NO_VERSION)
        )

    def after(self, request: BufferedRequest, response: BufferedResponse) -> BufferedResponse:
        """The answer, without the fields and the method that came later."""
        if response.status == _NOT_ALLOWED and _is_of_members(request):
            return replace(response, headers=replace_header(response.headers, b"allow", b"POST"))
        return customer_answers.change(response, _without_later_fields)


def _is_of_members(request: BufferedRequest) -> bool:
    return _MEMBERS.fullmatch(old_paths.without_prefix(request.path)) is not None


def _without_later_fields(customer: dict[str, Any]) -> None:
    for name in _LATER_FIELDS:
        customer.pop(name, None)
