"""Makes what an organization sells, for a test to begin with."""

from typing import Any

from icefloe.testing.control import Control
from icefloe.testing.shown import Shown, to_wire


class Catalogue:
    """Makes objects of one kind: products, benefits, meters or discounts.

    No two have the same name within a test unless the test says so. Whatever a real one may be, it can
    be: archived, with an id of your choice, of another year.
    """

    def __init__(self, control: Control, path: str, noun: str, named_by: str = "name") -> None:
        """Make it.

        Args:
            control: the organization's part of the control API.
            path: where objects are made.
            noun: what one is called.
            named_by: the field that has its name.
        """
        self._control = control
        self._path = path
        self._noun = noun
        self._named_by = named_by
        self._count = 0

    def create(self, *, loud: bool = False, **values: Any) -> Shown:
        """Make one, and give it as the API shows it.

        Args:
            loud: whether webhooks tell of it.
            values: the fields that the test cares for, in the API's form; all others get sensible
                values. A product takes `price`, in cents, `currency` and `recurring` too, and lists of
                others take these themselves, or their ids or names.

        Raises:
            Refused: a value cannot be, or there is no such field; says which.
        """
        self._count += 1
        usual = {self._named_by: f"{self._noun.capitalize()} {self._count}"}
        asked = {"loud": loud, **usual, **to_wire(values)}
        return Shown(self._control.post(self._path, asked), self._noun)
