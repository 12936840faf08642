"""The picture of how times grow."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from benchmarks import plot

from docs import pages

_SVG = "{http://www.w3.org/2000/svg}"
_LINES = [
    plot.Line("lists", [(1_000, 0.05), (10_000, 0.05), (1_000_000, 0.06)]),
    plot.Line("a < b & c", [(1_000, 0.5), (10_000, 5.0), (1_000_000, 500.0)]),
]


def _ways(drawn: str) -> list[list[tuple[float, float]]]:
    """The places that each line goes through."""
    return [
        [
            (float(x), float(y))
            for x, y in (place.split(",") for place in line.get("points", "").split())
        ]
        for line in ET.fromstring(drawn).iter(f"{_SVG}polyline")  # noqa: S314 - our own
    ]


def test_logarithmic() -> None:
    """Ten times as many customers are as far apart everywhere, and so are times."""
    _, growing = _ways(plot.draw([plot.Panel("SQLite", _LINES)], title="Growth"))
    (first, low), (second, middle), (last, high) = growing
    assert round(last - second) == round(2 * (second - first))
    assert round(middle - high) == round(2 * (low - middle))
    assert low > middle > high  # up is less in an SVG


def test_panels() -> None:
    """Each panel has its lines, on the same scales; every word is in the picture as it was given."""
    panels = [plot.Panel("SQLite", _LINES), plot.Panel("PostgreSQL", _LINES)]
    drawn = plot.draw(panels, title="Growth")
    ways = _ways(drawn)
    assert len(ways) == 4
    assert [y for _, y in ways[0]] == [y for _, y in ways[2]]
    words = [each.text for each in ET.fromstring(drawn).iter(f"{_SVG}text")]  # noqa: S314 - our own
    assert {"Growth", "SQLite", "PostgreSQL", "lists", "a < b & c", "1,000,000"} <= set(words)


def test_light_and_dark() -> None:
    """Words and grid follow the paper's colour."""
    drawn = plot.draw([plot.Panel("SQLite", _LINES)], title="Growth")
    assert "prefers-color-scheme:dark" in drawn
    assert "fill:currentColor" in drawn


def test_one_point() -> None:
    """A single figure is drawn too."""
    drawn = plot.draw([plot.Panel("SQLite", [plot.Line("lists", [(1_000, 1.0)])])], title="Growth")
    assert len(_ways(drawn)) == 1


@pytest.mark.processes
def test_again(tmp_path: Path) -> None:
    """Figures that were written down are drawn again without measuring; others are refused."""
    figures = [
        {"engine": "sqlite", "size": size, "group": "lists", "shape": shape, "p50_ms": ms}
        for size, shape, ms in ((1_000, "a", 0.1), (1_000, "b", 0.3), (10_000, "a", 0.2))
    ]
    file, svg = tmp_path / "growth.json", tmp_path / "growth.svg"
    words = ["--plot", str(file), "--svg", str(svg)]
    command = [sys.executable, "-m", "benchmarks.growth", *words]

    file.write_text(json.dumps({"growth": figures}), "utf-8")
    done = subprocess.run(command, cwd=pages.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ((slowest, later),) = _ways(svg.read_text("utf-8"))
    assert slowest[1] < later[1]

    file.write_text("{}", "utf-8")
    done = subprocess.run(command, cwd=pages.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "holds no growth" in done.stderr
