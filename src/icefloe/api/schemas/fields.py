"""The kinds of field that bodies are made of, and what all bodies have in common."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Generic, Protocol, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticKnownError

from icefloe.api.schemas import problems
from icefloe.api.schemas.models import Model
from icefloe.domain.values import addresses, emails, limits, locales, metadata

# A NUL cannot be stored by PostgreSQL, an unpaired surrogate not by anything that writes UTF-8.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_EMAIL_CHECK = "email_check"

_Body = TypeVar("_Body", bound=Model)
_Value = TypeVar("_Value")
Body_co = TypeVar("Body_co", covariant=True)


class Body(Model):
    """A JSON object that a client sends; unknown keys are ignored.

    `model_fields_set` names the keys that were there, so that null and absence can be told apart.
    """

    @field_validator("*")
    @classmethod
    def _refuse_unstorable(cls, value: object) -> object:
        texts = (value,)
        if isinstance(value, Mapping):
            texts = (*value.keys(), *value.values())
        for text in texts:
            refuse_unstorable(text)
        return value


def refuse_unstorable(value: _Value) -> _Value:
    """The value; raises ValueError if it is a text that no engine can store."""
    if isinstance(value, str) and _UNSTORABLE.search(value):
        raise ValueError("This value contains invalid characters")
    return value


def context(email_check: emails.EmailCheck) -> dict[str, emails.EmailCheck]:
    """The validation context that the fields of this module read."""
    return {_EMAIL_CHECK: email_check}


def validate_body(model: type[_Body], value: object, email_check: emails.EmailCheck) -> _Body:
    """The body as a model.

    Raises:
        ValidationError: the value does not fit; None means that no body came.
    """
    refuse_absence(model.__name__, value)
    # FastAPI validates so, which shows in the words for a value that is no object.
    return model.read(value, from_attributes=True, context=context(email_check))


class Validate(Protocol[Body_co]):
    """A function that validates the value of a body."""

    def __call__(self, value: object, *, email_check: emails.EmailCheck) -> Body_co:
        """The body. Raises ValidationError."""


@dataclass(frozen=True, slots=True)
class Schema(Generic[Body_co]):
    """What a kind of body must be.

    Attributes:
        validate: makes the body of a value.
        model: has all fields that mean something in such a body, whether or not it is valid.
    """

    validate: Validate[Body_co]
    model: type[Body]


def find_unknown(model: type[Body], value: object) -> list[tuple[str, ...]]:
    """The places of the fields that a value has and a model has not, those of models within too.

    Args:
        model: what the value should be.
        value: the parsed JSON.
    """
    if not isinstance(value, Mapping):
        return []
    within = _find_models_within(model)
    unknown: list[tuple[str, ...]] = []
    for name, item in value.items():
        if name not in model.model_fields:
            unknown.append((name,))
        elif name in within:
            unknown += [(name, *place) for place in find_unknown(within[name], item)]
    return unknown


@cache
def _find_models_within(model: type[Body]) -> Mapping[str, type[Body]]:
    """The models that a model's fields hold, by the field's name."""
    return {
        name: kind
        for name, field in model.model_fields.items()
        for kind in (field.annotation, *get_args(field.annotation))
        if isinstance(kind, type) and issubclass(kind, Body)
    }


def refuse_absence(title: str, value: object) -> None:
    """Raises ValidationError, "Field required", where the value is None: an empty or null body."""
    if value is None:
        missing = InitErrorDetails(type="missing", loc=(), input=None)
        raise ValidationError.from_exception_data(title, [missing])


def choice(*options: str) -> PlainValidator:
    """A validator that takes one of these texts, with the words Pydantic has for an enum."""
    allowed = frozenset(options)
    quoted = [f"'{option}'" for option in options]
    expected = f"{', '.join(quoted[:-1])} or {quoted[-1]}"

    def take(value: object) -> str:
        if isinstance(value, str) and value in allowed:
            return value
        raise PydanticKnownError("enum", {"expected": expected})

    return PlainValidator(take)


def _strip(value: str | None) -> str | None:
    return (value.strip() or None) if value is not None else None


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _refuse_more_than(entries: int) -> Callable[[Any], Any]:
    """A validator for metadata of so many entries; the words are those of too many in any case."""

    def check(value: Any) -> Any:
        if isinstance(value, Mapping) and len(value) > entries:
            told = {"max_length": metadata.MAX_KEYS, "actual_length": len(value)}
            raise PydanticKnownError("too_long", {"field_type": "Dictionary", **told})
        return value

    return check


def _with_zone(moment: datetime) -> datetime:
    """The moment with an offset: one without is in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _in_utc(moment: datetime) -> datetime:
    """The moment in UTC, which one without an offset is in already."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:  # the first and the last day of the calendar
        raise ValueError("The moment is too early or too late") from error


def _cut_keys(value: Any) -> Any:
    """Metadata whose keys are as long as an answer shows of them: each problem has its key again."""
    if isinstance(value, Mapping) and any(map(_is_overlong, value)):
        return {_cut(key): item for key, item in value.items()}
    return value


def _is_overlong(key: object) -> bool:
    return isinstance(key, str) and len(key) > problems.MAX_SHOWN + 1


def _cut(key: object) -> object:
    return key[: problems.MAX_SHOWN + 1] if isinstance(key, str) else key


def _standardise_email(value: str, info: ValidationInfo) -> str:
    check = (info.context or {}).get(_EMAIL_CHECK, emails.EmailCheck.SYNTAX)
    try:
        return emails.standardise(value, check)
    except emails.UndeliverableEmail as error:
        raise PydanticCustomError(
            "value_error",
            "{email} is not a valid email address: {reason}",
            {"email": error.email, "reason": error.reason},
        ) from error
    except emails.InvalidEmail as error:
        raise PydanticCustomError(
            "value_error",
            "value is not a valid email address: {reason}",
            {"reason": error.reason},
        ) from error


def _standardise_locale(value: str) -> str:
    try:
        return locales.standardise(value)
    except locales.InvalidLocale as error:
        raise ValueError(str(error)) from error


Name = Annotated[str, Field(max_length=limits.MAX_NAME), AfterValidator(_strip)] | None
"""Text without white space around it; blank text is null. What is too long is so as sent."""

ExternalId = Annotated[str, Field(max_length=limits.MAX_EXTERNAL_ID), AfterValidator(_strip)] | None
"""The organization's own name for a customer or member, as Name."""

TaxNumber = Annotated[str, Field(max_length=limits.MAX_TAX_ID), AfterValidator(_strip)] | None
"""A tax number as people write it, as Name."""

AddressLine = (
    Annotated[str, Field(max_length=limits.MAX_ADDRESS_LINE), AfterValidator(_strip)] | None
)
"""A line of an address or a city, as Name."""

AddressCode = (
    Annotated[str, Field(max_length=limits.MAX_ADDRESS_CODE), AfterValidator(_strip)] | None
)
"""A postal code or state, as Name."""

Email = Annotated[
    str,
    AfterValidator(_standardise_email),
    WithJsonSchema({"type": "string", "format": "email"}),
]
"""An e-mail address as `domain.emails` keeps it."""

Locale = Annotated[str, Field(max_length=limits.MAX_LOCALE), AfterValidator(_standardise_locale)]
"""A BCP 47 language tag as `domain.locales` keeps it."""

Country = Annotated[str, choice(*addresses.ACCEPTED_COUNTRIES), BeforeValidator(_upper)]
"""An accepted country's ISO 3166-1 alpha-2 code, in any letter case."""

IN_UTC = AfterValidator(_in_utc)
"""Makes a moment one in UTC."""

Moment = Annotated[datetime, IN_UTC]
"""A moment; one without an offset is in UTC."""

Bound = Annotated[datetime, AfterValidator(_with_zone)]
"""From when or until when a list is; in any year, so that all objects may be on one side of it."""

# Each member of the union complains under its own name when none fits, so the order is the wire's.
MetadataValue = (
    Annotated[str, StringConstraints(min_length=1, max_length=limits.MAX_METADATA_TEXT)]
    | int
    | Annotated[float, Field(allow_inf_nan=False)]
    | bool
)
_MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=limits.MAX_METADATA_KEY)]
Metadata = Annotated[
    dict[_MetadataKey, MetadataValue],
    BeforeValidator(_cut_keys),
    # Wrong entries come before a wrong number of them, if they are few enough to check each.
    BeforeValidator(_refuse_more_than(2 * metadata.MAX_KEYS)),
    AfterValidator(_refuse_more_than(metadata.MAX_KEYS)),
    Field(json_schema_extra={"maxProperties": metadata.MAX_KEYS}),
]
"""Up to 50 texts, numbers and booleans under keys of up to 40 characters."""


class AddressBody(Body):
    """A postal address as sent: only the country is required."""

    line1: AddressLine = None
    line2: AddressLine = None
    postal_code: AddressCode = None
    city: AddressLine = None
    state: AddressCode = None
    country: Country

    @model_validator(mode="after")
    def _standardise_state(self) -> "AddressBody":
        try:
            self.state = addresses.standardise_state(self.country, self.state)
        except addresses.InvalidState as error:
            raise ValueError(str(error)) from error
        return self
