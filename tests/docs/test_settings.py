"""`docs/settings.md` against the settings."""

from enum import StrEnum
from typing import Any

import pytest

from docs import pages
from icefloe.cli import serve
from icefloe.settings import Settings

PAGE = "docs/settings.md"


@pytest.fixture(scope="module")
def rows() -> dict[str, list[str]]:
    """The rows of the table of settings, by the setting's name."""
    found = {}
    for row in pages.find_rows(pages.read(PAGE)):
        code = pages.find_code(row[0])
        if code and code[0] in Settings.model_fields:
            found[code[0]] = row
    return found


def test_names(rows: dict[str, list[str]]) -> None:
    """Every setting has a row, in the order of the code, and a section of its own."""
    assert list(rows) == list(Settings.model_fields)
    assert set(Settings.model_fields) <= set(pages.find_sections(PAGE))


@pytest.mark.parametrize("name", Settings.model_fields)
def test_variable(rows: dict[str, list[str]], name: str) -> None:
    """A setting's row names its environment variable."""
    assert rows[name][1] == f"`ICEFLOE_{name.upper()}`"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_option(rows: dict[str, list[str]], name: str) -> None:
    """A setting's row names the option of `serve` that sets it, or none where there is none."""
    has_option = name in serve.serve.__annotations__
    assert rows[name][2] == (f"`--{name.replace('_', '-')}`" if has_option else "")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_default(rows: dict[str, list[str]], name: str) -> None:
    """A setting's row gives its default, as it would be written."""
    field = Settings.model_fields[name]
    if field.default_factory is not None:  # depends on the platform
        assert rows[name][3].startswith("`icefloe.db` in your platform's folder")
    else:
        assert rows[name][3] == _written(field.default)


def _written(default: Any) -> str:
    if default is None or default == "":
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return ", ".join(f"`{value}`" for value in default)
    return f"`{default.value if isinstance(default, StrEnum) else default}`"


def test_choices() -> None:
    """Every way to check an e-mail address has a row."""
    section = pages.find_sections(PAGE)["email_check"]
    choices = Settings.model_fields["email_check"].annotation
    assert isinstance(choices, type)
    assert issubclass(choices, StrEnum)
    described = {pages.find_code(row[0])[0] for row in pages.find_rows(section)}
    assert described == {choice.value for choice in choices}
