"""`CONTRIBUTING.md`: it leads to what is there."""

import re

import pytest

from docs import pages

_ROWS = pages.find_rows(pages.find_sections("CONTRIBUTING.md")["To change something"])
# Named for what they stand for: each time it is another file.
_PATTERNS = re.compile(r"NNNN|NAME")
_BELOW = (pages.ROOT, pages.ROOT / "src/icefloe")


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row[0].replace(" ", "-"))
def test_places(row: list[str]) -> None:
    """Every file and folder that a row sends to is there."""
    named = [
        code for cell in row[1:] for code in pages.find_code(cell) if "/" in code or "." in code
    ]
    assert named
    missing = [
        name
        for name in named
        if not _PATTERNS.search(name) and not any((place / name).exists() for place in _BELOW)
    ]
    assert missing == []


def test_map() -> None:
    """The map shows every room and every module outside one, and none that is gone."""
    (text,) = (one.text for one in pages.find_snippets("CONTRIBUTING.md") if one.language == "text")
    program = text.partition("\ntests/")[0].partition("\n")[2]
    shown = set(re.findall(r"\b([a-z][a-z_]*(?:/|\.py))", program)) - {"src/", "icefloe/"}
    package = pages.ROOT / "src/icefloe"
    rooms = {f"{file.parent.name}/" for file in package.rglob("*/__init__.py")}
    modules = {part.name for part in package.glob("*.py") if not part.name.startswith("_")}
    assert shown == rooms | modules
