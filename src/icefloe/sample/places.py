"""Billing addresses: real cities with made-up streets and postal codes, from `places.toml`."""

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from icefloe.sample import draws, names


@dataclass(frozen=True, slots=True)
class Region:
    """How an address is written in one country and language.

    Attributes:
        country: ISO 3166-1 alpha-2.
        line1: the first line, with "{street}" and "{number}".
        streets: their names.
        cities: "city|state|postal code"; in the code "#" is any digit and "@" a letter; an empty
            part is null on the wire.
        line2: the second line that some addresses have, with "{number}"; empty where none is usual.
    """

    country: str
    line1: str
    streets: tuple[str, ...]
    cities: tuple[str, ...]
    line2: str = ""


# For countries without a region.
_ANYWHERE = Region(
    "", "{number} {street}", ("Example Street", "Sample Road"), ("Exampleton||#####",)
)

# Letters that British, Canadian and Dutch postal codes all allow where `places.toml` puts them.
_POSTAL_LETTERS = "ABEGHJLNPRTWXYZ"


@functools.cache
def regions() -> Mapping[str, Region]:
    """The regions by locale. The first call takes some milliseconds to read them."""
    text = resources.files("icefloe.sample").joinpath("places.toml").read_text("utf-8")
    return {
        locale: Region(
            country=table["country"],
            line1=table["line1"],
            streets=names.entries(table["streets"]),
            cities=names.entries(table["cities"]),
            line2=table.get("line2", ""),
        )
        for locale, table in tomllib.loads(text).items()
    }


def address(locale: str, draw: draws.Draws) -> dict[str, object] | None:
    """A billing address in its wire form, or None where the locale has no region."""
    region = regions().get(locale)
    return None if region is None else _address(region, region.cities, draw)


def address_in(country: str, state: str | None, draw: draws.Draws) -> dict[str, object]:
    """A billing address in its wire form, with this country and state.

    Its city and street are of the country if one of its regions is known, and else made up.
    """
    found = [region for region in regions().values() if region.country == country]
    region = draw.pick(found) if found else _ANYWHERE
    cities: Sequence[str] = region.cities
    if state is not None:
        cities = [city for city in cities if city.split("|")[1] == state] or _ANYWHERE.cities
    return {**_address(region, cities, draw), "state": state, "country": country}


def _address(region: Region, cities: Sequence[str], draw: draws.Draws) -> dict[str, object]:
    city, state, postal_shape = draw.pick(cities).split("|")
    street = draw.pick(region.streets)
    line2 = region.line2.format(number=draw.between(1, 9)) if draw.chance(30) else ""
    return {
        "line1": region.line1.format(street=street, number=draw.between(1, 240)),
        "line2": line2 or None,
        "postal_code": _postal_code(postal_shape, draw) or None,
        "city": city,
        "state": state or None,
        "country": region.country,
    }


def _postal_code(shape: str, draw: draws.Draws) -> str:
    """`shape` with its digits and letters filled in."""
    kinds = {"#": "0123456789", "@": _POSTAL_LETTERS}
    return "".join(draw.pick(kinds.get(character, character)) for character in shape)
