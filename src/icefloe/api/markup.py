"""HTML as a tree: text goes in as it is, and is escaped when the tree is written out."""

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

Element = ET.Element
Child = Element | str | None

_CODE = re.compile(r"`([^`]+)`")
_DOCTYPE = "<!doctype html>\n"


def element(name: str, /, *children: Child | Iterable[Child], **attributes: str) -> Element:
    """An element.

    Args:
        name: its tag.
        children: elements and texts, in order, or lists of them; None is nothing.
        attributes: `class_` is `class`, `aria_label` is `aria-label`.
    """
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    made = Element(name, named)
    for child in children:
        if child is None or isinstance(child, str | Element):
            _append(made, child)
        else:
            for inner in child:
                _append(made, inner)
    return made


def prose(text: str) -> list[Child]:
    """A sentence's parts: what stands between backticks is code, line breaks are spaces."""
    parts = _CODE.split(" ".join(text.split()))
    return [element("code", part) if at % 2 else part for at, part in enumerate(parts)]


def write(page: Element) -> bytes:
    """The page in UTF-8."""
    text = ET.tostring(page, encoding="unicode", method="html")
    return (_DOCTYPE + text).encode()


def _append(parent: Element, child: Child) -> None:
    if child is None:
        return
    if isinstance(child, Element):
        parent.append(child)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + child
    else:
        parent.text = (parent.text or "") + child
