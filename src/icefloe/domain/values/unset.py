"""UNSET: the value of a field that a change leaves out; None is a value that a change may set."""

from enum import Enum
from typing import Final


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
