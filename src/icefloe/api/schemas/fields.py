"""The kinds of field that bodies are made of, and what all bodies have in common."""

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
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

from icefloe.domain.values import addresses, emails, locales

# A NUL cannot be kept by PostgreSQL, an unpaired surrogate not by anything that writes UTF-8.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_EMAIL_CHECK = "email_check"

_Body = TypeVar("_Body", bound=BaseModel)


class Body(BaseModel):
    """A JSON object that a client sends; unknown keys are ignored.

    `model_fields_set` names the keys that were there, so that null and absence can be told apart.
    """

    @field_validator("*")
    @classmethod
    def _refuse_unstorable(cls, value: object) -> object:
        texts = (value,)
        if isinstance(value, Mapping):
            texts = (*value.keys(), *value.values())
        if any(isinstance(text, str) and _UNSTORABLE.search(text) for text in texts):
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
    return model.model_validate(value, from_attributes=True, context=context(email_check))


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


Text = Annotated[str | None, AfterValidator(_strip)]
"""Text without white space around it; blank text is null."""

Name = Annotated[str, Field(max_length=256), AfterValidator(_strip)] | None
"""As Text, of at most 256 characters as sent."""

Email = Annotated[
    str,
    AfterValidator(_standardise_email),
    WithJsonSchema({"type": "string", "format": "email"}),
]
"""An e-mail address as `domain.emails` keeps it."""

Locale = Annotated[str, AfterValidator(_standardise_locale)]
"""A BCP 47 language tag as `domain.locales` keeps it."""

Country = Annotated[str, choice(*addresses.ACCEPTED_COUNTRIES), BeforeValidator(_upper)]
"""An accepted country's ISO 3166-1 alpha-2 code, in any letter case."""

# Each member of the union complains under its own name when none fits, so the order is the wire's.
_MetadataValue = (
    Annotated[str, StringConstraints(min_length=1, max_length=500)]
    | int
    | Annotated[float, Field(allow_inf_nan=False)]
    | bool
)
Metadata = Annotated[
    dict[Annotated[str, StringConstraints(min_length=1, max_length=40)], _MetadataValue],
    Field(max_length=50),
]
"""Up to 50 texts, numbers and booleans under keys of up to 40 characters."""


class AddressBody(Body):
    """A postal address as sent: only the country is required."""

    line1: Text = None
    line2: Text = None
    postal_code: Text = None
    city: Text = None
    state: Text = None
    country: Country

    @model_validator(mode="after")
    def _standardise_state(self) -> "AddressBody":
        try:
            self.state = addresses.standardise_state(self.country, self.state)
        except addresses.InvalidState as error:
            raise ValueError(str(error)) from error
        return self
