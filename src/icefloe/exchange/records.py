"""One customer of a file, checked: the wire's form → the fields of a `Customer`.

An import takes over what a live account has, so it checks forms, not rules of entry: an account may
have values that its API would refuse today.
"""

import re
from collections.abc import Mapping
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
from icefloe.domain.values import metadata
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.tax_ids import TaxID
from icefloe.exchange import problems

_MAX_METADATA_KEYS = metadata.MAX_KEYS
_SURROGATE = re.compile("[\ud800-\udfff]")  # UTF-8 cannot write these
_CONFIG = ConfigDict(allow_inf_nan=False, extra="forbid")


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
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


@with_config(_CONFIG)
class _ImportedAddress(TypedDict):
    line1: NotRequired[Text | None]
    line2: NotRequired[Text | None]
    postal_code: NotRequired[Text | None]
    city: NotRequired[Text | None]
    state: NotRequired[Text | None]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]


@with_config(_CONFIG)
class _ImportedOwner(TypedDict, total=False):
    email: Annotated[Text, Field(min_length=3)] | None
    name: Text | None
    external_id: Text | None


@with_config(_CONFIG)
class _ImportedCustomer(TypedDict, total=False):
    """The wire's fields. Those that the server derives are read, and left aside."""

    id: UUID4 | None
    created_at: Moment | None
    modified_at: Moment | None
    deleted_at: Moment | None
    type: Literal["individual", "team"] | None
    email: Annotated[Text, Field(min_length=3, max_length=512), AfterValidator(_with_at)] | None
    email_verified: StrictBool
    external_id: Annotated[Text, Field(min_length=1)] | None
    name: Text | None
    billing_name: Text | None
    billing_address: _ImportedAddress | None
    tax_id: tuple[Text, Text] | None
    locale: Text | None
    metadata: Annotated[
        dict[Text, Text | StrictBool | StrictInt | StrictFloat],
        Field(max_length=_MAX_METADATA_KEYS),
    ]
    default_payment_method_id: UUID4 | None
    first_user_event_at: Moment | None
    owner: _ImportedOwner | None
    organization_id: object
    avatar_url: object
    active_subscriptions: object
    granted_benefits: object
    active_meters: object


@with_config(_CONFIG)
class _ImportedLine(_ImportedCustomer, total=False):
    """A customer, or something else that has items."""

    items: object


DERIVED_FIELDS = (
    "organization_id",
    "avatar_url",
    "active_subscriptions",
    "granted_benefits",
    "active_meters",
)
"""What the wire's documents and states have besides, which is left aside."""
FIELDS = tuple(name for name in _ImportedCustomer.__annotations__ if name not in DERIVED_FIELDS)
"""What a record may have, as the wire names it."""
ADDRESS_FIELDS = tuple(_ImportedAddress.__annotations__)
OWNER_FIELDS = tuple(_ImportedOwner.__annotations__)
_KNOWN: Mapping[problems.Place, tuple[str, ...]] = {
    (): FIELDS,
    ("billing_address",): ADDRESS_FIELDS,
    ("owner",): OWNER_FIELDS,
}

_CUSTOMER = TypeAdapter(_ImportedCustomer)
_LINE = TypeAdapter(_ImportedLine)
# A null here says nothing: the customer gets a new id, the present moment, the usual type.
_NULL_IS_ABSENT = ("id", "created_at", "type")
_NESTED = ("billing_address", "owner", "metadata")


def read_entry(place: str, record: object) -> Entry:
    """The entry for a record in the wire's form; with a problem where it has another."""
    try:
        read = _CUSTOMER.validate_python(record)
    except ValidationError as error:
        return Entry(place, problem=problems.in_one_line(problems.find_all(error, _KNOWN)[0]))
    return _entry(place, read)


def read_line(place: str, line: bytes) -> Entry | None:
    """The entry for a line of JSON that is one right customer; None for anything else.

    The caller then reads the line in two steps, which find out what is wrong. One step, parsing and
    checking together, takes half the time, and nearly every line is right.
    """
    try:
        read = _LINE.validate_json(line)
    except ValidationError:
        return None
    if "items" in read or _may_have_doubled_keys(line, cast("dict[str, Any]", read)):
        return None
    return _entry(place, read)


def _may_have_doubled_keys(line: bytes, read: dict[str, Any]) -> bool:
    """Whether a line may have a key twice; the parser takes the last value and does not say so.

    Every key ends in `":`, unless there is white space between, so a line without doubled keys has
    as many of these as it has keys. Values may contain more of them.
    """
    count = len(read)
    for name in _NESTED:
        within = read.get(name)
        if within:
            count += len(within)
    # A tab is never part of a text in JSON: it is looked for alone, which is quicker.
    return line.count(b'":') != count or b'" ' in line or b"\t" in line


def find_problems(record: object) -> list[problems.Problem]:
    """Everything that is wrong with a record in the wire's form: where in it, and what."""
    try:
        _CUSTOMER.validate_python(record)
    except ValidationError as error:
        return problems.find_all(error, _KNOWN)
    return []


def _entry(place: str, read: _ImportedCustomer) -> Entry:
    """The fields that the record gives, as the domain has them."""
    values = cast("dict[str, Any]", read)  # made for this entry alone
    for name in DERIVED_FIELDS:
        values.pop(name, None)
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
