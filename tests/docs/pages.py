"""The pages for people, as tests read them: their sections, tables, links and snippets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
# Every page there is, by its path from the root; the order is theirs.
NAMES = tuple(
    str(page.relative_to(ROOT))
    for page in (
        *sorted(ROOT.glob("*.md")),
        *sorted(DOCS.glob("**/*.md")),
        *sorted(ROOT.glob("examples/*/README.md")),
    )
)

_FENCE = re.compile(r"(?ms)^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$")
_HEADING = re.compile(r"(?m)^(#+) (.+)$")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A fenced block of a page.

    Attributes:
        page: the page's path from the root.
        line: where it begins.
        language: what the fence says it is.
        text: what is in it.
    """

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def read(name: str) -> str:
    """A page's text."""
    return (ROOT / name).read_text("utf-8")


def find_snippets(name: str) -> list[Snippet]:
    """The fenced blocks of a page, in order."""
    text = read(name)
    return [
        Snippet(name, text.count("\n", 0, found.start()) + 1, found["language"], found["text"])
        for found in _FENCE.finditer(text)
    ]


def find_sections(name: str) -> dict[str, str]:
    """What stands under each heading of a page, with the headings below it, by the heading's words."""
    text = _blank_fences(read(name))
    whole = read(name)
    headings = list(_HEADING.finditer(text))
    sections = {}
    for at, heading in enumerate(headings):
        level = len(heading[1])
        ends = (later.start() for later in headings[at + 1 :] if len(later[1]) <= level)
        sections[heading[2]] = whole[heading.end() : next(ends, len(whole))]
    return sections


def find_rows(text: str) -> list[list[str]]:
    """The cells of every row of every table in a text, without the heads of the tables."""
    rows: list[list[str]] = []
    for line in text.splitlines():
        if re.fullmatch(r"\|(-+\|)+", line):
            rows.pop()
        elif line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def find_code(text: str) -> list[str]:
    """What stands between backticks in a text."""
    return _CODE.findall(text)


def find_links(name: str) -> list[str]:
    """Where a page's links lead."""
    return _LINK.findall(_blank_fences(read(name)))


def find_anchors(name: str) -> set[str]:
    """The names under which a page's headings can be linked to."""
    return set(_anchors(_blank_fences(read(name))))


def _anchors(text: str) -> Iterator[str]:
    for heading in _HEADING.finditer(text):
        words = heading[2].replace("`", "").lower()
        yield re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def _blank_fences(text: str) -> str:
    """The text with its fenced blocks emptied, everything at its place."""
    return _FENCE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
