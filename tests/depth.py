"""How many cases a test draws: some in each run, and all of them when its rare group runs."""

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Depth:
    """The share of a test's cases that one run of it draws."""

    share: float

    def of(self, count: int) -> int:
        """How many of so many cases that is: one at least."""
        return max(1, round(count * self.share))

    @property
    def is_whole(self) -> bool:
        """Whether it is all of them."""
        return self.share == 1


# `tests/rarely.py` knows the thorough ones by their id.
AT_EACH_DEPTH = pytest.mark.parametrize(
    "depth", [pytest.param(Depth(1 / 8), id="some"), pytest.param(Depth(1), id="thorough")]
)
