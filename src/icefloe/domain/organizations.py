"""Organizations: each is a world of its own, with its own customers and tokens."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from icefloe.domain import errors, storage
from icefloe.domain.clock import Clock

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MAX_NAME = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """An organization.

    Attributes:
        id: unique over all organizations.
        name: for people.
        slug: unique; lower-case words joined by hyphens, for addresses.
        created_at: when it was made.
    """

    id: UUID
    name: str
    slug: str
    created_at: datetime


class Organizations:
    """The rules of organizations."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(
        self, name: str, *, organization_id: UUID | None = None, slug: str | None = None
    ) -> Organization:
        """Make an organization.

        Raises:
            InvalidValue: the name or slug has the wrong form.
            Duplicate: another organization has the id or the slug that was asked for.
        """
        check(name, slug)
        new_id = organization_id or self._clock.new_id()
        organization = Organization(
            id=new_id,
            name=name.strip(),
            slug=slug or _slug_of(name, new_id),
            created_at=self._clock.of(new_id).now(),
        )
        await self._store.write(lambda tables: tables.organizations.add(organization))
        return organization

    async def find_all(self, *, limit: int = 1000) -> list[Organization]:
        """The organizations, oldest first, `limit` at most."""
        return await self._store.read(lambda tables: tables.organizations.find_all(limit))

    async def get(self, organization_id: UUID) -> Organization:
        """One organization.

        Raises:
            OrganizationNotFound: there is none with that id.
        """
        found = await self._store.read(lambda tables: tables.organizations.find(organization_id))
        if found is None:
            raise _not_found(organization_id)
        return found

    async def remove(self, organization_id: UUID) -> None:
        """Remove an organization and everything it holds, at once and in every process.

        Raises:
            OrganizationNotFound: there is none with that id.
        """

        async def work(tables: storage.Tables) -> None:
            await hold(tables, organization_id)
            await tables.clear(organization_id)
            await tables.tokens.remove_all(organization_id)
            await tables.organizations.remove(organization_id)

        await self._store.write(work)


async def hold(tables: storage.Tables, organization_id: UUID) -> None:
    """See to it that nobody else removes or clears an organization until the transaction ends.

    Raises:
        OrganizationNotFound: there is none with that id.
    """
    if not await tables.organizations.hold(organization_id):
        raise _not_found(organization_id)


def _not_found(organization_id: UUID) -> errors.OrganizationNotFound:
    return errors.OrganizationNotFound(f"there is no organization {organization_id}")


def check(name: str, slug: str | None) -> None:
    """See that an organization may have such a name and slug. Raises InvalidValue."""
    if not name.strip() or len(name) > _MAX_NAME or "\0" in name:
        raise errors.InvalidValue(f"a name has 1 to {_MAX_NAME} characters")
    if slug is not None and not _SLUG.fullmatch(slug):
        raise errors.InvalidValue(
            f"{slug!r} is not a slug: use lower-case letters and digits, joined by hyphens"
        )


def _slug_of(name: str, organization_id: UUID) -> str:
    """A slug that says the name and is unique: words, then the beginning of the id."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)[:6]
    return "-".join([*words, organization_id.hex[:8]])
