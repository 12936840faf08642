"""The form that creates and changes a customer: its fields, the API body they make, and its errors.

A form becomes the body that a client would send to the API, and the API's own schemas judge it: the
rules and their words are the same. Whatever was typed stays as it was typed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from icefloe.dashboard.customers.metadata_rows import MetadataRow, read_metadata, rows_of
from icefloe.domain.values import emails
from icefloe.domain.values.emails import EmailCheck
from icefloe.domain.values.errors import RulesBroken

ADDRESS_FIELDS = ("line1", "line2", "postal_code", "city", "state", "country")
_TEXT_FIELDS = ("email", "name", "external_id", "locale", "tax_id")
_OWNER_FIELDS = {"owner_email": "email", "owner_name": "name", "owner_external_id": "external_id"}
_FIELDS = ("type", *_TEXT_FIELDS, *ADDRESS_FIELDS, *_OWNER_FIELDS, "seen")
_TYPES = ("individual", "team")
# An error about several fields is shown at the one to change.
_FIELD_OF_WHOLE = {"billing_address": "country", "owner": "owner_email"}
_EMAIL_STAYS = "An e-mail address can be changed, but not taken away."
_NO_STATE = ("Invalid US state", "Invalid CA subdivision")

Body_co = TypeVar("Body_co", covariant=True)
Body = TypeVar("Body")


class Validate(Protocol[Body_co]):
    """A function of `icefloe.api.schemas` that judges the value of a body."""

    def __call__(self, value: object, *, email_check: EmailCheck) -> Body_co:
        """The body. Raises ValidationError."""


class FormWrong(Exception):
    """The form has errors, field by field."""


@dataclass(slots=True)
class CustomerForm:
    """A customer as it stands in a form.

    Attributes:
        values: what each field holds, by its name.
        rows: the metadata, a row each.
        errors: what is wrong, by the name of the field; `metadata` is all rows together.
    """

    values: dict[str, str] = field(default_factory=dict)
    rows: list[MetadataRow] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def has_address(self) -> bool:
        """Whether anything of an address was typed."""
        return any(self[name] for name in ADDRESS_FIELDS)

    def new_body(self) -> dict[str, Any]:
        """The body that makes the customer. Raises FormWrong."""
        body: dict[str, Any] = {
            name: self[name] for name in _TEXT_FIELDS if self[name] or name == "email"
        }
        body["type"] = self["type"] if self["type"] in _TYPES else _TYPES[0]
        if body["type"] == "team":
            body["email"] = self["email"] or None
            owner = {name: self[typed] for typed, name in _OWNER_FIELDS.items() if self[typed]}
            if owner:
                body["owner"] = owner
        if self.has_address:
            body["billing_address"] = self._address()
        body["metadata"] = self._metadata({})
        return body

    def change_body(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The PATCH body: only the fields whose typed value differs from the stored one.

        Raises FormWrong.
        """
        before = form_of(document)
        body: dict[str, Any] = {
            name: self[name] or None for name in _TEXT_FIELDS if self[name] != before[name]
        }
        if body.get("email", "") is None:
            self.errors["email"] = _EMAIL_STAYS
        if self["type"] in _TYPES and self["type"] != document["type"]:
            body["type"] = self["type"]
        if any(self[name] != before[name] for name in ADDRESS_FIELDS):
            body["billing_address"] = self._address() if self.has_address else None
        metadata = self._metadata(document["metadata"])
        # As text: to Python, 1 and true are the same.
        if json.dumps(metadata, sort_keys=True) != json.dumps(document["metadata"], sort_keys=True):
            body["metadata"] = metadata
        if self.errors:
            raise FormWrong
        return body

    async def judge(self, validate: Validate[Body], body: object, check: EmailCheck) -> Body:
        """The body as a schema has it. Raises FormWrong."""
        try:
            if check is EmailCheck.DNS:  # asks the network: other requests go on meanwhile
                return await emails.run_look_up(lambda: validate(body, email_check=check))
            return validate(body, email_check=check)
        except ValidationError as error:
            self._tell((entry["loc"], entry["msg"]) for entry in error.errors())
            raise FormWrong from error

    def refuse(self, error: RulesBroken) -> None:
        """Say at each field which rule its value breaks."""
        self._tell((violation.place[1:], violation.message) for violation in error.violations)

    def _address(self) -> dict[str, str]:
        return {name: self[name] for name in ADDRESS_FIELDS if self[name]}

    def _metadata(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """What the rows stand for. Raises FormWrong."""
        metadata = read_metadata(self.rows, before)
        if metadata is None:
            self.errors["metadata"] = "Some metadata is not right yet."
            raise FormWrong
        return metadata

    def _tell(self, problems: Iterable[tuple[Sequence[str | int], str]]) -> None:
        for place, text in problems:
            steps = [str(step) for step in place if step not in _TYPES]
            message = text.removeprefix("Value error, ")
            if steps[:1] == ["metadata"] and len(steps) > 1:
                for row in self.rows:
                    if row.key == steps[1] and not row.error:
                        row.error = message
                self.errors.setdefault("metadata", "Some metadata is not right yet.")
            else:
                self.errors.setdefault(_field_of(steps, message), message)


def _field_of(steps: list[str], message: str) -> str:
    """The field that an error is about; one that speaks of nothing else is about the address."""
    if message in _NO_STATE:
        return "state"
    match steps:
        case ["billing_address", name, *_]:
            return name
        case ["owner", name, *_]:
            return f"owner_{name}"
        case [name, *_]:
            return _FIELD_OF_WHOLE.get(name, name)
    return "email"


def read_form(fields: Mapping[str, Any], rows: Sequence[Iterable[str]]) -> CustomerForm:
    """The form as it was sent.

    Args:
        fields: the fields by name.
        rows: what stands in the rows of metadata: their keys, kinds and values.
    """
    typed = ((name, fields.get(name)) for name in _FIELDS)
    values = {name: text.strip() if isinstance(text, str) else "" for name, text in typed}
    return CustomerForm(
        values=values,
        rows=[MetadataRow(*row) for row in zip_longest(*rows, fillvalue="")],
    )


def form_of(document: Mapping[str, Any]) -> CustomerForm:
    """The form that shows a customer as it is."""
    values = {name: document[name] or "" for name in _TEXT_FIELDS if name != "tax_id"}
    values["tax_id"] = document["tax_id"][0] if document["tax_id"] else ""
    values["type"] = document["type"]
    values["seen"] = document["modified_at"] or ""
    address = document["billing_address"] or {}
    values |= {name: address.get(name) or "" for name in ADDRESS_FIELDS}
    return CustomerForm(values=values, rows=rows_of(document["metadata"]))
