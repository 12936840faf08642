"""What plots say: the numbers of their axes, and the words for them; `plots.html` draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from icefloe.dashboard.amounts import in_units, money
from icefloe.dashboard.rendering import plural

_MOST_STEPS = 4
_MOST_LABELS = 6
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        value: what it counts; zero or more.
        period: the time it stands for, in full, such as `23 Nov 2026`.
        label: the same in short, for the axis.
        is_open: whether that time is not over yet.
    """

    value: int
    period: str
    label: str
    is_open: bool = False

    @property
    def name(self) -> str:
        """Its time in full, and whether it is not over yet."""
        return f"{self.period}, so far" if self.is_open else self.period


@dataclass(frozen=True, kw_only=True)
class Plot:
    """Bars beside each other, the earliest first.

    Attributes:
        id: distinguishes its parts from those of other plots on the page.
        title: what is shown.
        heading: what bars stand for, such as `Day`.
        unit: what is counted, in the singular.
        nothing: the text where all values are zero.
        bars: one or more.
    """

    id: str
    title: str
    heading: str
    unit: str
    nothing: str
    bars: Sequence[Bar]

    @cached_property
    def ticks(self) -> list[int]:
        """The numbers of the axis, from zero to the field's top."""
        return find_ticks(max(bar.value for bar in self.bars))

    @property
    def column(self) -> str:
        """What is counted, as the head of a column."""
        return f"{self.unit}s".capitalize()

    @property
    def figures(self) -> list[str]:
        """The ticks as texts."""
        return render_figures(self.ticks)

    def show(self, value: int) -> str:
        """A value in words."""
        return plural(value, self.unit)

    def show_alone(self, value: int) -> str:
        """A value in its column."""
        return f"{value:,}"

    @property
    def label_step(self) -> int:
        """One of how many bars has a label."""
        return -(-len(self.bars) // _MOST_LABELS)

    @property
    def description(self) -> str:
        """The plot in a sentence."""
        first, last = self.bars[0], self.bars[-1]
        most = max(self.bars, key=lambda bar: bar.value)
        span = f"{first.period} to {last.period}"
        if not most.value:
            return f"{span}: {self.nothing}."
        total = plural(sum(bar.value for bar in self.bars), self.unit)
        return f"{span}: {total} in all, the most {most.value:,} ({most.period})."


@dataclass(frozen=True, kw_only=True)
class AmountPlot(Plot):
    """Bars that are amounts of money in the smallest unit of one currency, each at one moment.

    Attributes:
        currency: its code.
    """

    currency: str
    column = "Amount"

    @property
    def figures(self) -> list[str]:
        """The ticks as texts, without the currency."""
        return render_figures([in_units(tick, self.currency) for tick in self.ticks])

    def show(self, value: int) -> str:
        """An amount with its currency."""
        return money(value, self.currency)

    show_alone = show

    @property
    def description(self) -> str:
        """The plot in a sentence."""
        first, last = self.bars[0], self.bars[-1]
        span = f"{first.period} to {last.period}"
        if not any(bar.value for bar in self.bars):
            return f"{span}: {self.nothing}."
        most = max(self.bars, key=lambda bar: bar.value)
        return (
            f"{span}: from {self.show(first.value)} to {self.show(last.value)},"
            f" the most {self.show(most.value)} ({most.period})."
        )


def render_figures(ticks: Sequence[int | Decimal]) -> list[str]:
    """The numbers of an axis: thousands apart, or all of them in millions."""
    if ticks[-1] < _MILLION:
        return [f"{tick:,}" for tick in ticks]
    return [f"{tick / _MILLION:,.10g} M" if tick else "0" for tick in ticks]


def find_ticks(most: int) -> list[int]:
    """Two to five round numbers: from zero to the first that is at least `most`."""
    step = _find_step(max(most, 1))
    return list(range(0, most + step, step)) if most else [0, 1]


def _find_step(most: int) -> int:
    """The smallest of 1, 2, 5, 10, 20 and so on that reaches `most` in four steps."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if step * _MOST_STEPS >= most:
                return step
        power *= 10
