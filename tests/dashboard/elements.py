"""Pages as trees of elements, to be looked into without a browser."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

VOID = frozenset({"input", "link", "meta", "br", "line", "rect", "path", "circle"})


@dataclass
class Element:
    """One element of a page, with what is in it."""

    tag: str
    attributes: dict[str, str]
    inside: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, with single spaces."""
        parts = [one if isinstance(one, str) else one.text for one in self.inside]
        return " ".join(" ".join(parts).split())

    def find_all(self, tag: str, **attributes: str) -> list["Element"]:
        """The elements in it of a tag, with these attributes (`class_` has the class among others)."""
        found = []
        for one in self.inside:
            if isinstance(one, Element):
                if one.tag == tag and one.has(attributes):
                    found.append(one)
                found += one.find_all(tag, **attributes)
        return found

    def has(self, attributes: dict[str, str]) -> bool:
        """Whether it has attributes."""
        for name, value in attributes.items():
            own = self.attributes.get(name.rstrip("_").replace("_", "-"))
            if own != value and not (name == "class_" and value in (own or "").split()):
                return False
        return True

    def get(self, tag: str, **attributes: str) -> "Element":
        """The only such element."""
        (found,) = self.find_all(tag, **attributes)
        return found


class Reader(HTMLParser):
    """Reads a page; what is opened has to be closed, in the right order."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        one = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(one)
        if tag not in VOID:
            self.open.append(one)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element with nothing in it."""
        one = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(one)

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        """Text."""
        self.open[-1].inside.append(data)


def read(answer: httpx.Response) -> Element:
    """A page, or a part of one."""
    assert answer.status_code == 200, (answer.status_code, answer.text)
    reader = Reader()
    reader.feed(answer.text)
    (page,) = reader.open
    return page
