"""`docs/architecture.md`: its drawing of the rooms is the one that the imports are held to."""

import re

from architecture.test_imports import ALLOWED, ROOT
from docs import pages

_PAGE = "docs/architecture.md"


def _find_arrows() -> set[tuple[str, str]]:
    """The arrows of the drawing of the rooms: a room, and one that it may import."""
    drawing = next(one for one in pages.find_snippets(_PAGE) if one.language == "mermaid")
    arrows = set()
    for line in drawing.text.splitlines()[1:]:
        found = re.fullmatch(r"\s*(\w+) --> (\w+(?: & \w+)*)", line)
        assert found, f"not an arrow between rooms: {line!r}"
        arrows |= {(found[1], target) for target in found[2].split(" & ")}
    return arrows


def test_rooms() -> None:
    """The drawing shows every room, and the two modules that join them."""
    rooms = {file.parent.name for file in ROOT.glob("*/__init__.py")}
    shown = {room for arrow in _find_arrows() for room in arrow}

    assert shown == rooms | {"assembly", "services"}


def test_arrows() -> None:
    """An arrow is drawn exactly where a room may import another."""
    arrows = _find_arrows()
    shown = {room for arrow in arrows for room in arrow}

    assert arrows == {
        (room, target) for room in shown for target in ALLOWED[room] if target in shown
    }


def test_places() -> None:
    """Every module of the program that the page names is there."""
    prose = re.sub(r"(?ms)^```.*?^```$", "", pages.read(_PAGE))
    named = [code for code in pages.find_code(prose) if code.endswith(".py")]

    assert named
    assert [code for code in named if not (ROOT / code).is_file()] == []
