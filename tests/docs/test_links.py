"""Links between the pages."""

import os
import re

import pytest

from docs import pages


def _inner_links(name: str) -> list[tuple[str, str]]:
    """The links of a page that stay in the repository: page from the root, and anchor."""
    here = (pages.ROOT / name).parent
    found = []
    for link in pages.find_links(name):
        if "://" not in link:
            file, _, anchor = link.partition("#")
            target = os.path.relpath(here / file, pages.ROOT) if file else name
            found.append((target, anchor))
    return found


@pytest.mark.parametrize("name", pages.NAMES)
def test_targets(name: str) -> None:
    """A link leads to a file that is there, and to a heading that it has."""
    for target, anchor in _inner_links(name):
        assert (pages.ROOT / target).is_file(), target
        if anchor:
            assert anchor in pages.find_anchors(target), f"{target}#{anchor}"


def test_every_page_is_reached() -> None:
    """From the README, links lead to every page."""
    reached, new = {"README.md"}, ["README.md"]
    while new:
        for target, _ in _inner_links(new.pop()):
            if target in pages.NAMES and target not in reached:
                reached.add(target)
                new.append(target)
    assert set(pages.NAMES) - reached == set()


def test_readme_is_one_screen() -> None:
    """The README has no more lines than fit on a large screen."""
    assert len(pages.read("README.md").splitlines()) <= 80


@pytest.mark.parametrize("name", pages.NAMES)
def test_pictures(name: str) -> None:
    """A picture is a small file of the repository's, and says in words what it shows."""
    text = pages.read(name)
    shown = re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", text)
    shown += re.findall(r'<img alt="([^"]*)" src="([^"]+)">', text)
    # The same one, for readers in the dark.
    shown += [(one, one) for one in re.findall(r'srcset="([^"]+)"', text)]
    assert len(shown) == len(re.findall(r"!\[|<img |<source ", text))
    for words, target in shown:
        assert len(words) > 20, target
        assert ((pages.ROOT / name).parent / target).stat().st_size <= 150_000, target


@pytest.mark.parametrize("name", pages.NAMES)
def test_lines(name: str) -> None:
    """A line of prose is a thought: no line breaks off so far to the right that nobody reads it."""
    in_fence = False
    for number, line in enumerate(pages.read(name).splitlines(), start=1):
        in_fence ^= line.startswith("```")
        is_prose = not (in_fence or re.match(r"[|`#]|\s*$", line))
        assert not is_prose or len(line) <= 130, f"{name}:{number}"
