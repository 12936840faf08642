"""Plots: round numbers on the axis, and a picture that says the same as its table."""

import itertools
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icefloe.dashboard import plots
from icefloe.dashboard.plots import Bar, Plot
from icefloe.dashboard.rendering import Templates

# The macros of `plots.html`, as pages have them.
MACROS: Any = Templates(lambda: datetime.now(UTC))._environment.globals["plots"]
ROUND = re.compile(r"[125]0*")


def plot_of(values: Sequence[int], **texts: str) -> Plot:
    """A plot of days, the last of which is not over."""
    bars = [
        Bar(value, f"{at + 1} May 2026", f"{at + 1} May", is_open=at == len(values) - 1)
        for at, value in enumerate(values)
    ]
    usual = {
        "title": "New customers",
        "heading": "Day",
        "unit": "customer",
        "nothing": "Nobody new",
    }
    return Plot(id="growth", bars=bars, **(usual | texts))


def read(values: Sequence[int], **texts: str) -> ET.Element:
    """The plot as a program reads it: well-formed, with nothing that HTML alone would know."""
    return ET.fromstring(MACROS.bars(plot_of(values, **texts)))  # noqa: S314 - our own


def bars_of(drawn: ET.Element) -> list[tuple[float, float]]:
    """Each bar's place from the top and its height, in pixels."""
    found = drawn.iterfind(".//rect[@class='plot-value']")
    return [(float(bar.attrib["y"]), float(bar.attrib["height"])) for bar in found]


class TestTicks:
    """The numbers of an axis."""

    @pytest.mark.parametrize(
        ("most", "expected"),
        [
            (0, [0, 1]),
            (1, [0, 1]),
            (3, [0, 1, 2, 3]),
            (7, [0, 2, 4, 6, 8]),
            (9, [0, 5, 10]),
            (101, [0, 50, 100, 150]),
            (10_000_000, [0, 5_000_000, 10_000_000]),
        ],
    )
    def test_known(self, most: int, expected: list[int]) -> None:
        """They begin at zero, are round and whole, and reach the highest bar."""
        assert plots.find_ticks(most) == expected

    @given(st.integers(0, 10**12))
    def test_any(self, most: int) -> None:
        """There are two to five of them, evenly apart by 1, 2 or 5 of some power of ten."""
        ticks = plots.find_ticks(most)

        (step,) = {after - before for before, after in itertools.pairwise(ticks)}
        assert ROUND.fullmatch(str(step))
        assert 2 <= len(ticks) <= 5
        assert ticks[0] == 0
        assert ticks[-2] < max(most, 1) <= ticks[-1]


class TestBars:
    """Bars over time."""

    @given(st.lists(st.integers(0, 10**7), min_size=1, max_size=60))
    def test_heights_are_values(self, values: list[int]) -> None:
        """A bar stands on the axis and is as high as its value, but seen however small it is."""
        drawn = read(values)

        top = plots.find_ticks(max(values))[-1]
        bars = bars_of(drawn)
        assert len(bars) == len(values)
        for value, (y, height) in zip(values, bars, strict=True):
            exact = 170 * value / top
            assert math.isclose(height, max(exact, 2.0) if value else 0, abs_tol=0.002)
            assert math.isclose(y + height, 180, abs_tol=0.002)

    @given(st.lists(st.integers(0, 10**7), min_size=1, max_size=60))
    def test_tells_the_same_by_table(self, values: list[int]) -> None:
        """The table has every bar's name and number, and says which is not over."""
        rows = read(values).findall(".//tbody/tr")

        shown = [(row.findtext("th"), row.findtext("td")) for row in rows]
        names = [f"{at + 1} May 2026" for at in range(len(values))]
        names[-1] += ", so far"
        assert shown == list(zip(names, [f"{value:,}" for value in values], strict=True))

    def test_tips(self) -> None:
        """A bar that is pointed at tells its number."""
        tips = [each.text for each in read([1, 1234567, 0]).iterfind(".//g/title")]

        assert tips == [
            "1 May 2026: 1 customer",
            "2 May 2026: 1,234,567 customers",
            "3 May 2026, so far: 0 customers",
        ]

    def test_described(self) -> None:
        """A picture has a title and a description, which ids on it name."""
        field = read([2, 5, 3]).find("svg[@role='img']")

        assert field is not None
        named = {each.attrib["id"]: each.text for each in field if "id" in each.attrib}
        assert field.attrib["aria-labelledby"].split() == list(named)
        assert list(named.values()) == [
            "New customers",
            "1 May 2026 to 3 May 2026: 10 customers in all, the most 5 (2 May 2026).",
        ]

    @pytest.mark.parametrize(
        ("most", "figures"),
        [
            (0, ["0", "1"]),
            (3500, ["0", "1,000", "2,000", "3,000", "4,000"]),
            (900_000, ["0", "0.5 M", "1 M"]),
            (1_700_000, ["0", "0.5 M", "1 M", "1.5 M", "2 M"]),
            (10**7, ["0", "5 M", "10 M"]),
        ],
    )
    def test_figures(self, most: int, figures: list[str]) -> None:
        """Thousands are apart, and large numbers are told in millions, all of a scale alike."""
        scale = read([0, most]).find("svg[@class='plot-scale']")

        assert scale is not None
        assert [each.text for each in scale] == figures
        longest = max(map(len, figures))
        assert int(scale.attrib["width"]) >= 7 * longest

    @pytest.mark.parametrize("count", [1, 2, 24, 26, 30, 60])
    def test_labels(self, count: int) -> None:
        """Few bars have a label below them, however many there are: the last one has, and is kept."""
        field = read([1] * count).find("svg[@role='img']")

        assert field is not None
        labels = field.findall("text")

        assert labels[0].text == f"{count} May"
        assert labels[0].attrib["class"] == "plot-label"
        assert (labels[0].attrib["x"], labels[0].attrib["text-anchor"]) == ("100%", "end")
        assert 1 <= len(labels) <= 6

    def test_nothing(self) -> None:
        """Where all is zero the plot says so, in the picture and in words."""
        drawn = read([0, 0], nothing="No new customers")

        assert [height for _, height in bars_of(drawn)] == [0, 0]
        assert [each.text for each in drawn.iterfind(".//text[@class='plot-nothing']")] == [
            "No new customers"
        ]
        assert "No new customers." in (drawn.findtext(".//desc") or "")

    def test_what_is_not_over(self) -> None:
        """The time that is not over yet looks different."""
        groups = read([4, 4]).findall(".//g")

        assert [group.attrib["class"] for group in groups] == ["plot-bar", "plot-bar plot-open"]

    def test_no_markup_of_others(self) -> None:
        """Texts are texts, whatever is in them."""
        drawn = read([1], title="<script>&'\"", unit="<b>")

        assert drawn.findtext(".//caption") == "<script>&'\""
        assert drawn.find(".//script") is None

    def test_no_style(self) -> None:
        """Nothing brings a style of its own: the page's policy would not have it."""
        assert "style" not in MACROS.bars(plot_of([1, 2, 3]))


class TestShare:
    """A part of a whole."""

    @pytest.mark.parametrize(
        ("part", "whole", "width"),
        [(0, 0, "0%"), (0, 9, "0%"), (1, 3, "33.333%"), (9, 9, "100%"), (10, 9, "100%")],
    )
    def test_width(self, part: int, whole: int, width: str) -> None:
        """The bar is as long as the share, and never longer than its room."""
        drawn = ET.fromstring(MACROS.share(part, whole))  # noqa: S314 - our own

        assert [rect.attrib["width"] for rect in drawn] == ["100%", width]
