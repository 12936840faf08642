"""The names of people and companies that the sample draws from, by language: `names.toml`."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How people and companies are named in one language, and where its speakers live.

    Attributes:
        locales: BCP 47; `places` has addresses for nearly all of them.
        women, men: given names; "佐藤=Sato" is one in another script with its romanisation.
        families: family names, in the same form.
        families_of_women: the same names as women have them.
        companies: names of companies, with "{}" for a family name.
        order: a person's name, of "{given}", "{family}" and "{second}", a second family name.
        weight: how often the language appears, relative to the others.
    """

    locales: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]
    families_of_women: tuple[str, ...]
    companies: tuple[str, ...]
    order: str
    weight: int


@functools.cache
def languages() -> tuple[Language, ...]:
    """All languages, in the file's order. The first call takes some milliseconds to read them."""
    text = resources.files("icefloe.sample").joinpath("names.toml").read_text("utf-8")
    return tuple(_language(table) for table in tomllib.loads(text)["languages"])


def _language(table: Mapping[str, Any]) -> Language:
    return Language(
        locales=entries(table["locales"]),
        women=entries(table["women"]),
        men=entries(table["men"]),
        families=entries(table["families"]),
        families_of_women=entries(table.get("families_of_women", table["families"])),
        companies=entries(table["companies"]),
        order=table.get("order", "{given} {family}"),
        weight=table.get("weight", 2),
    )


def entries(text: str) -> tuple[str, ...]:
    """The entries of a list in one of the sample's files, where commas separate them."""
    return tuple(entry.strip() for entry in text.split(","))
