"""One customer of a file, checked: the wire's form → the fields of a `Customer`.

An import keeps what a live account had, so it checks forms and not tastes: an address that could not
be entered today was entered some day.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NotRequired, cast

from pydantic import (
    UUID4,
    AfterValidator,
    AwareDatetime,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    TypeAdapter,
    ValidationError,
    with_config,
)
from typing_extensions import TypedDict

from icefloe.domain.imports import Entry
from icefloe.domain.values import limits, metadata
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.tax_ids import TaxID

_MAX_METADATA_KEYS = metadata.MAX_KEYS
_PLACE_OF_NOTE = 2  # metadata, and the key; behind that are the types that were tried
_SURROGATE = re.compile("[\ud800-\udfff]")  # text that no UTF-8 is for
_CONFIG = ConfigDict(allow_inf_nan=False)


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain a NUL character")
    if not text.isascii() and _SURROGATE.search(text):
        raise ValueError("must not contain a half of a surrogate pair")
    return text


def _with_at(text: str) -> str:
    if "@" not in text:
        raise ValueError("an e-mail address has an @")
    return text


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be between the years 1 and 9999 in UTC") from None


Text = Annotated[StrictStr, AfterValidator(_storable)]
Name = Annotated[Text, Field(max_length=limits.MAX_NAME)]
ExternalId = Annotated[Text, Field(max_length=limits.MAX_EXTERNAL_ID)]
AddressLine = Annotated[Text, Field(max_length=limits.MAX_ADDRESS_LINE)]
AddressCode = Annotated[Text, Field(max_length=limits.MAX_ADDRESS_CODE)]
TaxNumber = Annotated[Text, Field(max_length=limits.MAX_TAX_ID)]
Locale = Annotated[Text, Field(max_length=limits.MAX_LOCALE)]
MetadataKey = Annotated[Text, Field(max_length=limits.MAX_METADATA_KEY)]
# That of a deleted customer may hold its external id, which `limits` gives more room.
MetadataText = ExternalId
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _ImportedAddress(TypedDict):
    line1: NotRequired[AddressLine | None]
    line2: NotRequired[AddressLine | None]
    postal_code: NotRequired[AddressCode | None]
    city: NotRequired[AddressLine | None]
    state: NotRequired[AddressCode | None]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]


class _ImportedOwner(TypedDict, total=False):
    email: Annotated[Text, Field(min_length=3, max_length=512)] | None
    name: Name | None
    external_id: ExternalId | None


@with_config(_CONFIG)
class _ImportedCustomer(TypedDict, total=False):
    """The wire's fields; those that are derived, such as `avatar_url`, are left aside."""

    id: UUID4 | None
    created_at: Moment | None
    modified_at: Moment | None
    deleted_at: Moment | None
    type: Literal["individual", "team"] | None
    email: Annotated[Text, Field(min_length=3, max_length=512), AfterValidator(_with_at)] | None
    email_verified: StrictBool
    external_id: Annotated[ExternalId, Field(min_length=1)] | None
    name: Name | None
    billing_name: Name | None
    billing_address: _ImportedAddress | None
    tax_id: tuple[TaxNumber, TaxNumber] | None
    locale: Locale | None
    metadata: Annotated[
        dict[MetadataKey, MetadataText | StrictBool | StrictInt | StrictFloat],
        Field(max_length=_MAX_METADATA_KEYS),
    ]
    default_payment_method_id: UUID4 | None
    first_user_event_at: Moment | None
    owner: _ImportedOwner | None


@with_config(_CONFIG)
class _ImportedLine(_ImportedCustomer, total=False):
    """A customer, or something else that has items."""

    items: object


FIELDS = tuple(_ImportedCustomer.__annotations__)
"""What a record may have, as the wire names it."""
ADDRESS_FIELDS = tuple(_ImportedAddress.__annotations__)
OWNER_FIELDS = tuple(_ImportedOwner.__annotations__)
DERIVED_FIELDS = ("organization_id", "avatar_url")
"""What a record of the wire has besides, which is left aside."""

_CUSTOMER = TypeAdapter(_ImportedCustomer)
_LINE = TypeAdapter(_ImportedLine)
# A null here says nothing: the customer gets a new id, the present moment, the usual type.
_NULL_IS_ABSENT = ("id", "created_at", "type")


def read_entry(place: str, record: object) -> Entry:
    """The entry for a record in the wire's form; with a problem where it has another."""
    try:
        read = _CUSTOMER.validate_python(record)
    except ValidationError as error:
        return Entry(place, problem=_problem(error))
    return _entry(place, read)


def read_line(place: str, line: bytes) -> Entry | None:
    """The entry for a line of JSON that is one customer, or None where it is anything else.

    What that is, and what is wrong with it, takes a second look: reading JSON and checking it in one
    go takes half the time, and nearly every line is right.
    """
    try:
        read = _LINE.validate_json(line)
    except ValidationError:
        return None
    return None if "items" in read else _entry(place, read)


def _entry(place: str, read: _ImportedCustomer) -> Entry:
    """The fields that the record gives, as the domain has them."""
    values = cast("dict[str, Any]", read)  # made for this entry alone
    # A null is a value of the owner's: there is none.
    owner = values.pop("owner", None) or {}
    for name in _NULL_IS_ABSENT:
        if name in values and values[name] is None:
            del values[name]
    # The wire shows the name where there is no billing name of its own.
    if "billing_name" in values and values["billing_name"] == values.get("name"):
        values["billing_name"] = None
    if values.get("billing_address") is not None:
        values["billing_address"] = Address(**values["billing_address"])
    if values.get("tax_id") is not None:
        values["tax_id"] = TaxID(*values["tax_id"])
    if "metadata" in values:
        values["metadata"] = metadata.canonical(values["metadata"])
    return Entry(place, values, owner)


def find_problems(record: object) -> list[tuple[tuple[str | int, ...], str]]:
    """Everything that is wrong with a record in the wire's form: where in it, and what."""
    try:
        _CUSTOMER.validate_python(record)
    except ValidationError as error:
        return problems_of(error)
    return []


def problems_of(error: ValidationError) -> list[tuple[tuple[str | int, ...], str]]:
    """What is wrong, and where, without the values: they may be somebody's address.

    Once for each place: a value that could be of several types is wrong once.
    """
    problems: dict[tuple[str | int, ...], str] = {}
    for found in error.errors(include_url=False, include_input=False):
        place, message = found["loc"], found["msg"].removeprefix("Value error, ")
        if place[:1] == ("metadata",) and len(place) > _PLACE_OF_NOTE:
            place = place[:_PLACE_OF_NOTE]
            if found["type"] != "value_error":
                message = "Input should be text, a finite number, true or false"
        problems.setdefault(place, message)
    return list(problems.items())


def _problem(error: ValidationError) -> str:
    """The first thing that is wrong, in one line, without the value: it may be somebody's address."""
    found = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(printable(str(part)) for part in found["loc"])
    message = found["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def printable(text: str) -> str:
    """The text with what would steer a terminal escaped: a key is whatever the file says."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
