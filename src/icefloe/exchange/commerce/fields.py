"""The types of the fields of commerce in files: they give text where documents have text."""

import json
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    UUID4,
    AfterValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    with_config,
)
from typing_extensions import TypedDict

from icefloe.domain.values import limits, metadata, moments
from icefloe.domain.values.currencies import CURRENCIES
from icefloe.exchange import records

IMPORTED = ConfigDict(allow_inf_nan=False, extra="ignore")
"""Of every object here: a live account may show more than there is here."""
_MAX_DEPTH = 32
"""Values within values of an object of any form; the contract's have five."""


def at_most(length: int) -> AfterValidator:
    """A validator that refuses longer texts."""

    def check(text: str) -> str:
        if len(text) > length:
            raise ValueError(f"must have at most {length} characters")
        return text

    return AfterValidator(check)


def one_of(of: type[StrEnum]) -> AfterValidator:
    """A validator that takes the values of an enumeration."""
    *most, last = of

    def check(text: str) -> str:
        if text not in (*most, last):
            raise ValueError(f"must be {', '.join(most)} or {last}")
        return text

    return AfterValidator(check)


def _check_currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("must be a currency's code such as usd")
    return code


def _check_json(value: dict[str, Any]) -> dict[str, Any]:
    """See that an object of any form can be stored."""
    layer: list[Any] = [value]
    for _ in range(_MAX_DEPTH):
        texts = [one for one in layer if isinstance(one, str)]
        texts += [key for one in layer if isinstance(one, dict) for key in one]
        for text in texts:
            records.check_storable(text)
        layer = [
            part
            for one in layer
            if isinstance(one, dict | list)
            for part in (one.values() if isinstance(one, dict) else one)
        ]
    if layer:
        raise ValueError("has too many values within values")
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        raise ValueError("has a number that is not finite") from None
    return value


Id = Annotated[UUID4, AfterValidator(str)]
Moment = Annotated[records.Moment, AfterValidator(moments.render)]
Text = Annotated[records.Text, at_most(limits.MAX_OBJECT_TEXT)]
Description = Annotated[records.Text, at_most(limits.MAX_DESCRIPTION)]
Count = Annotated[StrictInt, Field(ge=0, le=limits.MAX_INTEGER)]
Number = Annotated[StrictInt, Field(ge=-limits.MAX_INTEGER, le=limits.MAX_INTEGER)]
Currency = Annotated[StrictStr, AfterValidator(_check_currency)]
Object = Annotated[dict[str, Any], AfterValidator(_check_json)]
"""An object whose form the contract leaves to something else."""
Metadata = Annotated[
    dict[records.MetadataKey, records.MetadataText | StrictBool | StrictInt | StrictFloat],
    Field(max_length=metadata.MAX_KEYS),
]


@with_config(IMPORTED)
class Identified(TypedDict):
    """What every object has."""

    id: Id
