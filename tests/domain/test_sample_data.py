"""The files that the sample draws from: complete, in one form, and read only when needed."""

import re
import subprocess
import sys
import unicodedata

import pytest

from icefloe.sample import names, places
from icefloe.sample.names import Language
from icefloe.sample.places import Region

LANGUAGES = [pytest.param(each, id=each.locales[0]) for each in names.languages()]
REGIONS = [pytest.param(each, id=locale) for locale, each in places.regions().items()]


def test_locales_have_addresses() -> None:
    """Every locale of a language has a region, except Persian's, which names no country."""
    locales = {locale for language in names.languages() for locale in language.locales}

    assert locales - places.regions().keys() == {"fa"}
    assert places.regions().keys() - locales == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_names(language: Language) -> None:
    """Each list has entries, none of them empty; in other scripts each has a romanisation."""
    people = [*language.women, *language.men, *language.families, *language.families_of_women]

    assert all(people)
    for name in people:
        written, parted, latin = name.partition("=")
        is_latin = all("LATIN" in unicodedata.name(each) for each in written if each.isalpha())
        assert is_latin != bool(parted)
        assert latin.isascii()


@pytest.mark.parametrize("language", LANGUAGES)
def test_forms(language: Language) -> None:
    """A company's name has one place for a family name; a person's has a given and a family name."""
    assert [name.count("{}") for name in language.companies] == [1] * len(language.companies)
    assert {"{given}", "{family}"} <= set(re.findall(r"{\w+}", language.order))
    assert language.weight > 0


@pytest.mark.parametrize("region", REGIONS)
def test_addresses(region: Region) -> None:
    """A region has a country, streets, and cities of three parts; its lines have their places."""
    assert re.fullmatch("[A-Z]{2}", region.country)
    assert all(region.streets)
    for city in region.cities:
        name, _, _ = city.split("|")
        assert name
    assert sorted(re.findall(r"{\w+}", region.line1)) == ["{number}", "{street}"]
    assert re.findall(r"{\w+}", region.line2) == ["{number}"] * bool(region.line2)


@pytest.mark.processes
def test_reading_waits_for_the_first_draw() -> None:
    """Importing the sample reads neither file; a first person reads the names alone."""
    program = """
from icefloe.sample import customers, disguises, draws, names, people, places
print(names.languages.cache_info().currsize, places.regions.cache_info().currsize)
people.person(draws.Draws(1))
print(names.languages.cache_info().currsize, places.regions.cache_info().currsize)
"""
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert shown.splitlines() == ["0 0", "1 0"]
