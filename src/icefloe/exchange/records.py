"""One customer of a file, checked: the wire's form → the fields of a `Customer`.

An import keeps what a live account had, so it checks forms and not tastes: an address that could not
be entered today was entered some day.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    UUID4,
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)

from icefloe.domain import metadata
from icefloe.domain.addresses import Address
from icefloe.domain.imports import Entry
from icefloe.domain.tax_ids import TaxID

_MAX_METADATA_KEYS = metadata.MAX_KEYS


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain a NUL character")
    return text


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be between the years 1 and 9999 in UTC") from None


Text = Annotated[StrictStr, AfterValidator(_without_nul)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _ImportedAddress(BaseModel):
    model_config = ConfigDict(frozen=True)

    line1: Text | None = None
    line2: Text | None = None
    postal_code: Text | None = None
    city: Text | None = None
    state: Text | None = None
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]


class _ImportedOwner(BaseModel):
    model_config = ConfigDict(frozen=True)

    email: Annotated[Text, Field(min_length=3)] | None = None
    name: Text | None = None
    external_id: Text | None = None


class _ImportedCustomer(BaseModel):
    """The wire's fields; those that are derived, such as `avatar_url`, are left aside."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    id: UUID4 | None = None
    created_at: Moment | None = None
    modified_at: Moment | None = None
    deleted_at: Moment | None = None
    type: Literal["individual", "team"] | None = None
    email: Annotated[Text, Field(min_length=3, max_length=512, pattern="@")] | None = None
    email_verified: StrictBool = False
    external_id: Annotated[Text, Field(min_length=1)] | None = None
    name: Text | None = None
    billing_name: Text | None = None
    billing_address: _ImportedAddress | None = None
    tax_id: tuple[Text, Text] | None = None
    locale: Text | None = None
    metadata: Annotated[
        dict[Text, Text | StrictBool | StrictInt | StrictFloat],
        Field(max_length=_MAX_METADATA_KEYS),
    ] = {}
    default_payment_method_id: UUID4 | None = None
    first_user_event_at: Moment | None = None
    owner: _ImportedOwner | None = None


# A null here says nothing: the customer gets a new id, the present moment, the usual type.
_NULL_IS_ABSENT = ("id", "created_at", "type")


def read_entry(place: str, record: object) -> Entry:
    """The entry for a record in the wire's form; with a problem where it has another."""
    try:
        read = _ImportedCustomer.model_validate(record)
    except ValidationError as error:
        return Entry(place, problem=_problem(error))
    return Entry(place, _values(read), _owner(read))


def _values(read: _ImportedCustomer) -> dict[str, Any]:
    """The fields that the record gives, as the domain has them."""
    values = {name: getattr(read, name) for name in read.model_fields_set if name != "owner"}
    for name in _NULL_IS_ABSENT:
        if values.get(name, "") is None:
            del values[name]
    # The wire shows the name where there is no billing name of its own.
    if "billing_name" in values and values["billing_name"] == read.name:
        values["billing_name"] = None
    if read.billing_address is not None:
        values["billing_address"] = Address(**read.billing_address.model_dump())
    if read.tax_id is not None:
        values["tax_id"] = TaxID(*read.tax_id)
    if "metadata" in values:
        values["metadata"] = metadata.canonical(read.metadata)
    return values


def _owner(read: _ImportedCustomer) -> dict[str, str | None]:
    """What the record gives of the owner; a null is one: the owner has no such value."""
    if read.owner is None:
        return {}
    return {name: getattr(read.owner, name) for name in read.owner.model_fields_set}


def _problem(error: ValidationError) -> str:
    """The first thing that is wrong, in one line, without the value: it may be somebody's address."""
    found = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(_printable(str(part)) for part in found["loc"])
    return f"{place}: {found['msg']}" if place else found["msg"]


def _printable(text: str) -> str:
    """The text with what would steer a terminal escaped: a key is whatever the file says."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
