"""An organization of a stand-in: a world of its own for one test."""

import functools
import os
import types
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from icefloe.testing import clients, moments
from icefloe.testing.api import Api
from icefloe.testing.clock import Clock
from icefloe.testing.connection import Connection
from icefloe.testing.control import Control
from icefloe.testing.errors import Refused
from icefloe.testing.faults import Faults
from icefloe.testing.requests import Requests

if TYPE_CHECKING:
    from icefloe.testing.catalogue import Catalogue
    from icefloe.testing.customers import Customers
    from icefloe.testing.webhooks import Webhooks

_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything an organization had at one moment; the server has it in memory.

    Attributes:
        id: what the server calls it by.
        created_at: when it was taken, by the organization's clock.
        customers: how many customers it holds.
    """

    id: str
    created_at: datetime
    customers: int


class Organization:
    """An organization with a token of its own; as a `with` block, it is removed at the end of it.

    Attributes:
        base_url: the server's, for any client; without a path.
        token: reads and writes the organization's customers and members, unless made otherwise.
        organization_id: its id, as text.
        slug: its slug.
        clock: the time it goes by.
        faults: what goes wrong for the application.
        requests: what the application sent.
    """

    def __init__(
        self, base_url: str, connection: Connection, control: Control, made: dict[str, Any]
    ) -> None:
        """From the server's answer to the request that made the organization."""
        self.base_url = base_url
        self.token: str = made["token"]
        self.organization_id: str = made["id"]
        self.slug: str = made["slug"]
        self._contract: str | None = made["contract"]
        self._connection = connection
        self._control = control.of(self.organization_id)
        self._latest: Snapshot | None = None
        self.clock = Clock(self._control)
        self.faults = Faults(self._control)
        self.requests = Requests(self._control)

    @functools.cached_property
    def customers(self) -> "Customers":
        """Makes customers that the test begins with."""
        from icefloe.testing.customers import Customers  # noqa: PLC0415 - its names take a while to read

        return Customers(Api(self._connection, self.token), self._control, self.organization_id)

    @functools.cached_property
    def products(self) -> "Catalogue":
        """Makes products, with `price`, `recurring` and `benefits`."""
        return self._make_catalogue("products", "product")

    @functools.cached_property
    def benefits(self) -> "Catalogue":
        """Makes benefits, known by their `description`."""
        return self._make_catalogue("benefits", "benefit", "description")

    @functools.cached_property
    def meters(self) -> "Catalogue":
        """Makes meters."""
        return self._make_catalogue("meters", "meter")

    @functools.cached_property
    def discounts(self) -> "Catalogue":
        """Makes discounts."""
        return self._make_catalogue("discounts", "discount")

    @functools.cached_property
    def client(self) -> Any:
        """A `Polar` of the polar-sdk that is installed, 1.x or 0.x; closed with the organization.

        Raises:
            NoClient: none is installed.
        """
        return clients.make(self.base_url, self.token, self._contract)

    @functools.cached_property
    def webhooks(self) -> "Webhooks":
        """What happens is sent to the application's webhook handlers."""
        from icefloe.testing.webhooks import Webhooks  # noqa: PLC0415 - few tests need its web server

        return Webhooks(self.base_url, self._control.below("webhooks"))

    @property
    def has_webhooks(self) -> bool:
        """Whether `webhooks` was used."""
        return "webhooks" in self.__dict__

    def new_token(
        self, *scopes: str, expires_at: moments.Moment | None = None, name: str = "test"
    ) -> str:
        """Another token of the organization, as its text.

        Args:
            scopes: what it allows, such as `customers:read`; all of customers and members unless
                given.
            expires_at: from when on it is refused; never unless given.
            name: what `icefloe tokens list` calls it.
        """
        asked: dict[str, Any] = {"name": name}
        if scopes:
            asked["scopes"] = list(scopes)
        if expires_at is not None:
            asked["expires_at"] = moments.to_wire(expires_at)
        token: str = self._control.post("tokens", asked)["token"]
        return token

    def configure(self, **change: Any) -> None:
        """Change how it answers: `strict` (true or false), `contract` (a version, or None)."""
        told = self._control.patch("", change)
        self._contract = told["contract"]

    def load(self, file: str | os.PathLike[str], *, organization: str | None = None) -> int:
        """Have the customers of a seed, with their members; how many were not there before.

        What else the seed says of their organization does not count: this one has an id, a token and
        a time of its own.

        Args:
            file: the seed: YAML, JSON or NDJSON.
            organization: the name or slug of the one whose customers are wanted; it can be left out
                where the seed has only one.

        Raises:
            ConfigurationError: the file cannot be read, or is no seed; says what is wrong and where.
            ValueError: it has no such organization.
        """
        from icefloe.testing import seeds  # noqa: PLC0415 - few tests need what reads it

        chosen = seeds.read_customers(Path(file), organization)
        added: int = self._control.post("seeds", chosen)["added"]
        return added

    def snapshot(self) -> Snapshot:
        """Keep everything it has, but not its clock and faults."""
        self._latest = _read_snapshot(self._control.post("snapshots"))
        return self._latest

    def restore(self, snapshot: Snapshot | None = None) -> None:
        """Make everything as it was in a snapshot; the latest one that was taken unless given.

        Raises:
            ValueError: none was taken.
        """
        chosen = snapshot or self._latest
        if chosen is None:
            raise ValueError("take a snapshot() first: there is none to restore")
        self._control.post(f"snapshots/{chosen.id}/restore")

    def remove(self) -> None:
        """Remove the organization and all it has; nothing happens where it is gone."""
        client = self.__dict__.pop("client", None)
        if client is not None:
            client.__exit__(None, None, None)
        webhooks: Webhooks | None = self.__dict__.pop("webhooks", None)
        if webhooks is not None:
            webhooks.close()
        try:
            self._control.delete()
        except Refused as refused:
            if refused.status != _NOT_FOUND:
                raise

    def _make_catalogue(self, path: str, noun: str, named_by: str = "name") -> "Catalogue":
        from icefloe.testing.catalogue import Catalogue  # noqa: PLC0415 - few tests need it

        return Catalogue(self._control, path, noun, named_by)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.remove()

    def __repr__(self) -> str:
        return f"<Organization {self.organization_id} at {self.base_url}>"


def _read_snapshot(told: dict[str, Any]) -> Snapshot:
    return Snapshot(told["id"], moments.from_wire(told["created_at"]), told["customers"])
