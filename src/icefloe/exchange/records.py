"""One customer of a file, checked: the wire's form → the fields of a `Customer`.

An import takes over what a live account has, and that is more than its API would take today: addresses
in a country under embargo, tax numbers that were never checked. It is not more than the API may show.
Addresses of e-mail and language tags are standardised as the API does it.
"""

import functools
import re
from collections.abc import Callable, Mapping
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
from pydantic_core import PydanticKnownError
from typing_extensions import TypedDict

from icefloe.domain.entries import Entry
from icefloe.domain.values import addresses, emails, errors, limits, locales, metadata, tax_ids
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.collation import lower
from icefloe.domain.values.tax_ids import TaxID
from icefloe.exchange import problems

_MAX_METADATA_KEYS = metadata.MAX_KEYS
_MAX_EMAIL = 512  # characters, with a name before it
_OLD_NAME = "__external_id"  # where a deleted customer's metadata holds its external id
_SURROGATE = re.compile("[\ud800-\udfff]")  # UTF-8 cannot write these
_CONFIG = ConfigDict(allow_inf_nan=False, extra="forbid")


def check_storable(text: str) -> str:
    """The text. Raises ValueError if no database and no answer can hold it."""
    if "\0" in text:
        raise ValueError("must not contain a NUL character")
    if not text.isascii() and _SURROGATE.search(text):
        raise ValueError("must not contain a half of a surrogate pair")
    return text


def _as_external_id(text: str) -> str:
    standard = check_storable(text).strip()
    if not standard:
        raise ValueError("must not be blank")
    return standard


def _as_email(text: str) -> str:
    """The address as a POST stores it, but in the letter case that the file gives its domain.

    The reference has addresses of before it lower-cased domains, and a mirror shows them as they are.
    """
    try:
        standard = emails.standardise(check_storable(text), emails.EmailCheck.ANY_DOMAIN)
        return text if lower(text) == lower(standard) else standard
    except emails.InvalidEmail:  # whose reason may quote it
        raise ValueError("must be an e-mail address such as ann@example.com") from None


@functools.lru_cache(maxsize=1024)
def _as_locale(tag: str) -> str:
    try:
        return locales.standardise(check_storable(tag))
    except locales.InvalidLocale:
        raise ValueError("must be a language tag such as fr-FR") from None


def _check(judge: Callable[[str], None]) -> AfterValidator:
    """A validator that takes the texts which `judge` raises no InvalidValue about."""

    def check(text: str) -> str:
        try:
            judge(text)
        except errors.InvalidValue as error:
            raise ValueError(str(error)) from None
        return text

    return AfterValidator(check)


def _at_most(length: int) -> AfterValidator:
    """A validator that refuses texts of more characters.

    Pydantic's own limit would read the text as UTF-8, and complain of halves of surrogate pairs first.
    """

    def check(text: str) -> str:
        if len(text) > length:
            raise PydanticKnownError("string_too_long", {"max_length": length})
        return text

    return AfterValidator(check)


def _check_state(address: "_ImportedAddress") -> "_ImportedAddress":
    try:
        addresses.check_state(address["country"], address.get("state"))
    except addresses.InvalidState as error:
        raise ValueError(f"state: {error}") from None
    return address


def _check_texts(noted: dict[str, Any]) -> dict[str, Any]:
    """See that no text of metadata is too long, except a deleted customer's external id."""
    for key, value in noted.items():
        if isinstance(value, str) and len(value) > limits.MAX_METADATA_TEXT and key != _OLD_NAME:
            raise ValueError(f"{key}: must have at most {limits.MAX_METADATA_TEXT} characters")
    return noted


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be between the years 1 and 9999 in UTC") from None


Text = Annotated[StrictStr, AfterValidator(check_storable)]
Email = Annotated[Text, _at_most(_MAX_EMAIL), AfterValidator(_as_email)]
Name = Annotated[Text, _at_most(limits.MAX_NAME)]
ExternalId = Annotated[Text, _at_most(limits.MAX_EXTERNAL_ID), AfterValidator(_as_external_id)]
AddressLine = Annotated[Text, _at_most(limits.MAX_ADDRESS_LINE)]
AddressCode = Annotated[Text, _at_most(limits.MAX_ADDRESS_CODE)]
TaxNumber = Annotated[Text, _at_most(limits.MAX_TAX_ID)]
TaxFormat = Annotated[StrictStr, _check(tax_ids.check_format)]
Locale = Annotated[Text, _at_most(limits.MAX_LOCALE), AfterValidator(_as_locale)]
MetadataKey = Annotated[Text, _at_most(limits.MAX_METADATA_KEY), Field(min_length=1)]
# That of a deleted customer may hold its external id, which `limits` gives more room.
MetadataText = Annotated[Text, _at_most(limits.MAX_EXTERNAL_ID), Field(min_length=1)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


@with_config(_CONFIG)
class _ImportedAddress(TypedDict):
    line1: NotRequired[AddressLine | None]
    line2: NotRequired[AddressLine | None]
    postal_code: NotRequired[AddressCode | None]
    city: NotRequired[AddressLine | None]
    state: NotRequired[AddressCode | None]
    country: Annotated[StrictStr, _check(addresses.check_country)]


BillingAddress = Annotated[_ImportedAddress, AfterValidator(_check_state)]


@with_config(_CONFIG)
class _ImportedOwner(TypedDict, total=False):
    email: Email | None
    name: Name | None
    external_id: ExternalId | None


@with_config(_CONFIG)
class _ImportedCustomer(TypedDict, total=False):
    """The wire's fields. Those that the server derives are read, and left aside."""

    id: UUID4 | None
    created_at: Moment | None
    modified_at: Moment | None
    deleted_at: Moment | None
    type: Literal["individual", "team"] | None
    email: Email | None
    email_verified: StrictBool
    external_id: ExternalId | None
    name: Name | None
    billing_name: Name | None
    billing_address: BillingAddress | None
    tax_id: tuple[TaxNumber, TaxFormat] | None
    locale: Locale | None
    metadata: Annotated[
        dict[MetadataKey, MetadataText | StrictBool | StrictInt | StrictFloat],
        Field(max_length=_MAX_METADATA_KEYS),
        AfterValidator(_check_texts),
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
