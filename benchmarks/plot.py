"""A picture of times by size as SVG, both axes logarithmic, readable on light and on dark paper."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

# In this order; also distinct for people who see few colours, on white and on black.
_COLOURS = ("#4477aa", "#ee6677", "#228833", "#b8860b", "#1495b8", "#aa3377", "#808080", "#cc5500")
_MARKS = ("circle", "square", "diamond")
_WIDTH, _HEIGHT = 440, 300
_LEFT, _TOP, _GAP = 60, 60, 50
_LEGEND_LINE = 20
_LEGEND_COLUMNS = 3  # below each panel
_MARK = 3.5

_STYLE = (
    "svg{color:#222;background:none}"
    "@media(prefers-color-scheme:dark){svg{color:#ddd}}"
    "text{fill:currentColor;font:12px system-ui,sans-serif}"
    ".title{font-size:14px}.grid{stroke:currentColor;stroke-opacity:.2}"
    ".line{fill:none;stroke-width:2}"
)


@dataclass(frozen=True, slots=True)
class Line:
    """What is drawn as one line: its name, and its points of size and milliseconds."""

    name: str
    points: Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the fields beside each other: its title and its lines."""

    title: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Powers of ten from `first` to `last`, over a length that begins at `start`, in pixels."""

    first: int
    last: int
    start: float
    length: float

    def place(self, value: float) -> float:
        """Where a value is."""
        share = (math.log10(value) - self.first) / (self.last - self.first)
        return self.start + share * self.length

    @property
    def powers(self) -> list[float]:
        """The powers of ten on it."""
        return [10.0**power for power in range(self.first, self.last + 1)]


def draw(panels: Sequence[Panel], *, title: str) -> str:
    """The picture of the panels beside each other, with the same axes; there is a point at least."""
    points = [point for panel in panels for line in panel.lines for point in line.points]
    names = list(dict.fromkeys(line.name for panel in panels for line in panel.lines))
    columns = _LEGEND_COLUMNS * len(panels)
    rows = math.ceil(len(names) / columns)
    width = _LEFT + len(panels) * (_WIDTH + _GAP)
    height = _TOP + _HEIGHT + 60 + rows * _LEGEND_LINE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="{_LEFT}" y="20">{escape(title)}</text>',
    ]
    for at, panel in enumerate(panels):
        across = _scale([size for size, _ in points], _LEFT + at * (_WIDTH + _GAP), _WIDTH)
        up = _scale([ms for _, ms in points], _TOP + _HEIGHT, -_HEIGHT)
        parts += _draw_axes(panel.title, across, up)
        for line in panel.lines:
            parts += _draw_line(line, names.index(line.name), across, up)
    parts += _draw_legend(names, columns, (width - _LEFT) / columns)
    return "\n".join([*parts, "</svg>", ""])


def _scale(values: Sequence[float], start: float, length: float) -> _Scale:
    """A scale that has all values on it, of one power of ten at least."""
    first = math.floor(math.log10(min(values)))
    return _Scale(first, max(first + 1, math.ceil(math.log10(max(values)))), start, length)


def _draw_axes(title: str, across: _Scale, up: _Scale) -> Iterator[str]:
    left, bottom = across.start, up.start
    yield f'<text x="{left}" y="{_TOP - 12}">{escape(title)}</text>'
    for size in across.powers:
        x = across.place(size)
        yield f'<path class="grid" d="M{x:.1f} {bottom}V{_TOP}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{size:,.0f}</text>'
    for ms in up.powers:
        y = up.place(ms)
        yield f'<path class="grid" d="M{left} {y:.1f}H{left + across.length}"/>'
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{ms:g}</text>'


def _draw_line(line: Line, number: int, across: _Scale, up: _Scale) -> Iterator[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    places = [(across.place(size), up.place(ms)) for size, ms in line.points]
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline class="line" stroke="{colour}" points="{way}"/>'
    for (size, ms), (x, y) in zip(line.points, places, strict=True):
        yield _draw_mark(number, x, y, f"{line.name}: {ms:.3g} ms of {size:,}")


def _draw_mark(number: int, x: float, y: float, told: str) -> str:
    """A point, in the colour and the form of its line, which says what it is when pointed at."""
    begin = f'fill="{_COLOURS[number % len(_COLOURS)]}"><title>{escape(told)}</title>'
    form = _MARKS[number % len(_MARKS)]
    if form == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_MARK}" {begin}</circle>'
    turned = f' transform="rotate(45 {x:.1f} {y:.1f})"' if form == "diamond" else ""
    return (
        f'<rect x="{x - _MARK:.1f}" y="{y - _MARK:.1f}" width="{2 * _MARK}" height="{2 * _MARK}"'
        f"{turned} {begin}</rect>"
    )


def _draw_legend(names: Sequence[str], columns: int, column_width: float) -> Iterator[str]:
    for number, name in enumerate(names):
        x = _LEFT + number % columns * column_width
        y = _TOP + _HEIGHT + 46 + number // columns * _LEGEND_LINE
        yield _draw_mark(number, x, y, name)
        yield f'<text x="{x + 10:.1f}" y="{y + 4}">{escape(name)}</text>'
