"""Plots as SVG that a style sheet colours: bars over time, and the share that a part has of a whole.

Heights are pixels and widths are percentages, so that a plot is as wide as its place while its text
stays as large as other text. Whoever does not see it is told the same by a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from icefloe.dashboard.rendering import plural

_TOP, _HEIGHT, _BELOW = 10, 170, 26
_FULL_HEIGHT = _TOP + _HEIGHT + _BELOW
_MOST_STEPS = 4
_MOST_LABELS = 6
# Of what a bar has for itself, so much stays empty; and what is there at all is seen, however small.
_GAP = 0.22
_LEAST_HEIGHT = 2.0
_MILLION = 1_000_000
# Figures of the size that the style sheet gives them, in pixels, and the space beside them.
_FIGURE_WIDTH, _SCALE_GAP = 7, 10


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        value: how high it is; nothing below zero.
        name: what it stands for, in full, such as `23 Nov 2026`.
        label: the same below the axis, in short.
        is_open: whether its time is not over yet.
    """

    value: int
    name: str
    label: str
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Bars beside each other, the earliest first.

    Attributes:
        id: tells its parts apart from those of other plots on the page.
        title: what is shown.
        heading: what bars stand for, such as `Day`.
        unit: what is counted, one of it.
        nothing: what to say where all is zero.
        bars: the bars; one at least.
    """

    id: str
    title: str
    heading: str
    unit: str
    nothing: str
    bars: Sequence[Bar]


def find_ticks(most: int) -> list[int]:
    """Round numbers from zero to the first that is no less than `most`: two at least, five at most."""
    step = _find_step(max(most, 1))
    return list(range(0, most + step, step)) if most else [0, 1]


def _find_step(most: int) -> int:
    """The smallest of 1, 2, 5, 10, 20 and so on of which four are enough."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if step * _MOST_STEPS >= most:
                return step
        power *= 10


def draw_bars(plot: Plot) -> Markup:
    """The plot, and the table of the same numbers for who cannot see it."""
    ticks = find_ticks(max(bar.value for bar in plot.bars))
    figures = _write_figures(ticks)
    return Markup('<div class="plot">\n{}\n{}\n{}\n</div>').format(
        _draw_scale(ticks, figures), _draw_field(plot, ticks), _draw_table(plot)
    )


def draw_share(part: int, whole: int) -> Markup:
    """A bar that is as long as the share of a part in a whole; the numbers have to stand beside it."""
    share = min(100 * part / whole, 100) if whole else 0
    return Markup(
        '<svg class="share" width="100%" height="8" aria-hidden="true" focusable="false">'
        '<rect class="share-whole" width="100%" height="8" rx="4"/>'
        '<rect class="share-part" width="{}%" height="8" rx="4"/></svg>'
    ).format(_short(share))


def _draw_scale(ticks: Sequence[int], figures: Sequence[str]) -> Markup:
    """The numbers to the left of the field."""
    width = max(map(len, figures)) * _FIGURE_WIDTH + _SCALE_GAP
    texts = [
        Markup('<text x="{}" y="{}" dy="4" text-anchor="end">{}</text>').format(
            width - _SCALE_GAP, _short(_place(tick, ticks)), figure
        )
        for tick, figure in zip(ticks, figures, strict=True)
    ]
    return Markup(
        '<svg class="plot-scale" width="{}" height="{}" aria-hidden="true" focusable="false">{}</svg>'
    ).format(width, _FULL_HEIGHT, Markup("").join(texts))


def _draw_field(plot: Plot, ticks: Sequence[int]) -> Markup:
    parts = [
        Markup('<line class="plot-{}" x1="0" x2="100%" y1="{y}" y2="{y}"/>').format(
            "line" if tick else "base", y=_short(_place(tick, ticks))
        )
        for tick in ticks
    ]
    parts += [_draw_bar(plot, at, ticks) for at in range(len(plot.bars))]
    parts += _draw_labels(plot.bars)
    if not any(bar.value for bar in plot.bars):
        parts.append(
            Markup(
                '<text class="plot-nothing" x="50%" y="{}" text-anchor="middle">{}</text>'
            ).format(_TOP + _HEIGHT // 2, plot.nothing)
        )
    return Markup(
        '<svg class="plot-field" width="100%" height="{}" role="img"'
        ' aria-labelledby="{id}-title {id}-description">\n'
        '<title id="{id}-title">{}</title>\n<desc id="{id}-description">{}</desc>\n{}\n</svg>'
    ).format(_FULL_HEIGHT, plot.title, _describe(plot), Markup("\n").join(parts), id=plot.id)


def _draw_bar(plot: Plot, at: int, ticks: Sequence[int]) -> Markup:
    """A bar, and all the room above it: it tells its number wherever it is pointed at."""
    bar, width = plot.bars[at], 100 / len(plot.bars)
    height = max(_place(0, ticks) - _place(bar.value, ticks), _LEAST_HEIGHT) if bar.value else 0
    return Markup(
        '<g class="plot-bar{}"><title>{}: {}</title>'
        '<rect class="plot-room" x="{}%" y="{}" width="{}%" height="{}"/>'
        '<rect class="plot-value" x="{}%" y="{}" width="{}%" height="{}" rx="2"/></g>'
    ).format(
        " plot-open" if bar.is_open else "",
        _name(bar),
        plural(bar.value, plot.unit),
        _short(at * width),
        _TOP,
        _short(width),
        _HEIGHT,
        _short((at + _GAP / 2) * width),
        _short(_place(0, ticks) - height),
        _short((1 - _GAP) * width),
        _short(height),
    )


def _draw_labels(bars: Sequence[Bar]) -> list[Markup]:
    """What stands below the axis: the last bar's label and a few more, fewer where it is narrow."""
    every = -(-len(bars) // _MOST_LABELS)
    last = len(bars) - 1
    return [
        Markup('<text class="plot-label{}" x="{}%" y="{}" text-anchor="{}">{}</text>').format(
            " plot-second" if number % 2 else "",
            # The last one ends where the field does, however little room there is beside it.
            100 if at == last else _short((at + 0.5) * 100 / len(bars)),
            _FULL_HEIGHT - 6,
            "end" if at == last else "middle",
            bars[at].label,
        )
        for number, at in enumerate(range(last, -1, -every))
    ]


def _draw_table(plot: Plot) -> Markup:
    rows = [
        Markup('<tr><th scope="row">{}</th><td>{:,}</td></tr>').format(_name(bar), bar.value)
        for bar in plot.bars
    ]
    return Markup(
        '<div class="sr-only"><table><caption>{}</caption>'
        '<thead><tr><th scope="col">{}</th><th scope="col">{}</th></tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(plot.title, plot.heading, f"{plot.unit}s".capitalize(), Markup("").join(rows))


def _describe(plot: Plot) -> str:
    """The plot in words."""
    first, last = plot.bars[0], plot.bars[-1]
    most = max(plot.bars, key=lambda bar: bar.value)
    if not most.value:
        return f"{first.name} to {last.name}: {plot.nothing}."
    total = plural(sum(bar.value for bar in plot.bars), plot.unit)
    return f"{first.name} to {last.name}: {total} in all, the most {most.value:,} ({most.name})."


def _name(bar: Bar) -> str:
    return f"{bar.name}, so far" if bar.is_open else bar.name


def _place(value: int, ticks: Sequence[int]) -> float:
    """How far a value is from the top, in pixels."""
    return _TOP + _HEIGHT * (1 - value / ticks[-1])


def _write_figures(ticks: Sequence[int]) -> list[str]:
    """The numbers of a scale: with thousands apart, or in millions."""
    if ticks[-1] < _MILLION:
        return [f"{tick:,}" for tick in ticks]
    return [f"{tick / _MILLION:,.10g} M" if tick else "0" for tick in ticks]


def _short(value: float) -> str:
    """A number with no more digits than a screen can show."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
