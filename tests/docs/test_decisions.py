"""`docs/decisions/`: numbered, complete, and linked."""

import re
import tomllib

import pytest

from docs import pages

PAGES = sorted(page.name for page in pages.DECISIONS.glob("[0-9]*.md"))
_PACKAGE = pages.ROOT / "src/icefloe"
_HEADINGS = ["Context", "Decision", "Consequences", "Alternatives"]


def test_numbers() -> None:
    """Decisions are numbered from 0001 without a gap, and none twice."""
    assert [name[:4] for name in PAGES] == [f"{at:04}" for at in range(1, len(PAGES) + 1)]


def test_list() -> None:
    """The list of decisions links each once, in order."""
    links = pages.find_links("docs/decisions/README.md")
    assert [link for link in links if link[0].isdigit()] == PAGES


@pytest.mark.parametrize("name", PAGES)
def test_form(name: str) -> None:
    """A decision says its number and title, its gist in bold, and the four parts in their order."""
    page = f"docs/decisions/{name}"
    lines = pages.read(page).splitlines()
    assert re.fullmatch(rf"# {name[:4]} \S.*", lines[0])
    assert re.match(r"\*\*\S", lines[2])
    assert list(pages.find_sections(page))[1:] == _HEADINGS


@pytest.mark.parametrize("name", PAGES)
def test_places(name: str) -> None:
    """Every file and folder of the program that a decision names is there."""
    rooms = {room.name for room in _PACKAGE.iterdir() if room.is_dir()}
    named = [
        code
        for code in pages.find_code(pages.read(f"docs/decisions/{name}"))
        if re.fullmatch(r"[a-z_0-9]+(/[a-z_0-9]+)*(/|\.py)", code)
        and (code.partition("/")[0] in rooms or code.endswith(".py"))
    ]

    assert [code for code in named if not (_PACKAGE / code).exists()] == []


def test_dependencies() -> None:
    """Each package that what runs needs has its reason, and no other has."""
    project = tomllib.loads(pages.read("pyproject.toml"))["project"]
    extras = {**project["optional-dependencies"]}
    del extras["test"], extras["lint"]
    wanted = [*project["dependencies"], *(text for extra in extras.values() for text in extra)]
    needed = [re.split(r"[>=<;\s]", text)[0] for text in wanted]
    rows = pages.find_rows(pages.read("docs/decisions/0002-dependencies.md"))
    assert sorted(row[0] for row in rows) == sorted(needed)
