"""Organizations: tenants, each with customers and tokens of its own."""

import re
import unicodedata
from dataclasses import replace
from uuid import UUID

from icefloe.domain import organization_rules
from icefloe.domain.ports import storage
from icefloe.domain.values import errors, listing
from icefloe.domain.values.access import Subject
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.events import Event
from icefloe.domain.values.organizations import (
    Organization,
    OrganizationChange,
    OrganizationQuery,
)
from icefloe.domain.webhooks.outbox import Outbox

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MAX_NAME = 256
# Words of the dashboard's own paths, where a slug would stand.
_TAKEN_SLUGS = frozenset(
    {"account", "first", "invitations", "organizations", "sign-in", "sign-out", "static"}
)


class Organizations:
    """The rules of organizations."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._outbox = Outbox()

    async def create(
        self, name: str, *, organization_id: UUID | None = None, slug: str | None = None
    ) -> Organization:
        """Create an organization.

        Raises:
            InvalidValue: the name or slug has the wrong form.
            Duplicate: another organization has the id or the slug that was asked for.
        """
        organization = make(name, self._clock, organization_id=organization_id, slug=slug)
        await self._store.write(lambda tables: tables.organizations.add(organization))
        return organization

    async def update(
        self,
        organization_id: UUID,
        *,
        name: str | None = None,
        slug: str | None = None,
        by: UUID | None = None,
    ) -> Organization:
        """Give an organization another name or slug; what is left out stays.

        Args:
            organization_id: the organization.
            name: the new name.
            slug: the new slug.
            by: the person who changes it; None for the operator.

        Raises:
            InvalidValue: the name or slug has the wrong form.
            OrganizationNotFound: there is none with that id.
            NotPermitted: the person does not own the organization.
            Duplicate: another organization has the slug (field `slug`).
        """
        check("x" if name is None else name, slug)

        async def work(tables: storage.Tables) -> Organization:
            await lock_as_owner(tables, organization_id, by)
            found = await tables.organizations.find(organization_id)
            if found is None:
                raise _not_found(organization_id)
            changed = replace(
                found,
                name=found.name if name is None else name.strip(),
                slug=slug or found.slug,
            )
            if changed == found:
                return found
            now = self._clock.of(organization_id).now()
            changed = replace(changed, modified_at=now)
            await tables.organizations.replace(changed)
            return changed

        return await self._store.write(work)

    async def find_page(self, subject: Subject, query: OrganizationQuery) -> listing.Page:
        """The page of the organizations that the subject may see: its own alone."""

        async def work(tables: storage.Tables) -> listing.Page:
            found = await tables.organizations.find(subject.organization_id)
            if found is None or (query.slug is not None and query.slug.lower() != found.slug):
                return listing.EMPTY_PAGE
            items = b"" if query.page.offset else tables.organizations.render(found)
            return listing.Page(items, total_count=1)

        return await self._store.read(work)

    async def get_document(self, subject: Subject, organization_id: UUID) -> bytes:
        """The wire document of the subject's organization. Raises NotFound for any other."""
        if organization_id != subject.organization_id:
            raise errors.NotFound

        async def work(tables: storage.Tables) -> bytes:
            found = await tables.organizations.find(organization_id)
            if found is None:
                raise errors.NotFound
            return tables.organizations.render(found)

        return await self._store.read(work)

    async def change(
        self, subject: Subject, organization_id: UUID, change: OrganizationChange
    ) -> bytes:
        """Change the subject's organization; returns its wire document.

        Raises:
            NotFound: the organization is not the subject's.
            RulesBroken: the change breaks rules.
            NotPermitted, DisputeAutoAcceptNotEnabled: it asks for what no organization here has.
        """
        if organization_id != subject.organization_id:
            raise errors.NotFound

        async def work(tables: storage.Tables) -> bytes:
            if not await tables.organizations.lock(organization_id):
                raise errors.NotFound
            found = await tables.organizations.find(organization_id)
            assert found is not None  # noqa: S101 - it is locked
            now = self._clock.of(organization_id).now()
            changed = organization_rules.apply(found, change, now)
            if changed != found:
                await tables.organizations.replace(changed)
            document = tables.organizations.render(changed)
            # As the reference does: whether or not anything has changed, and dated as before.
            shown = replace(changed, modified_at=found.modified_at)
            event = Event(
                type="organization.updated",
                organization_id=organization_id,
                customer_id=None,
                created_at=now,
                document=tables.organizations.render(shown),
            )
            await self._outbox.record(tables, [event])
            return document

        return await self._store.write(work)

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

    async def get_by_slug(self, slug: str) -> Organization:
        """The organization with a slug.

        Raises:
            OrganizationNotFound: there is none with that slug.
        """
        found = None
        if is_slug(slug):
            found = await self._store.read(lambda tables: tables.organizations.find_by_slug(slug))
        if found is None:
            raise errors.OrganizationNotFound
        return found

    async def remove(self, organization_id: UUID) -> None:
        """Remove an organization and everything it holds, at once and in every process.

        The people who were in it stay; its memberships and invitations go.

        Raises:
            OrganizationNotFound: there is none with that id.
        """

        async def work(tables: storage.Tables) -> None:
            await lock(tables, organization_id)
            await tables.clear(organization_id)
            await tables.tokens.remove_all(organization_id)
            await tables.webhook_endpoints.remove_all(organization_id)
            await tables.invitations.remove_all(organization_id)
            await tables.memberships.remove_all(organization_id)
            await tables.organizations.remove(organization_id)

        await self._store.write(work)


async def lock(tables: storage.Tables, organization_id: UUID) -> None:
    """Lock an organization: no other transaction removes or clears it until this one ends.

    Raises:
        OrganizationNotFound: there is none with that id.
    """
    if not await tables.organizations.lock(organization_id):
        raise _not_found(organization_id)


async def lock_as_owner(tables: storage.Tables, organization_id: UUID, by: UUID | None) -> None:
    """Lock an organization for a write that only its owners may do.

    A page checks the role too, but before the form has arrived: until then it can change. Here the
    check and the write are one transaction.

    Args:
        tables: of the transaction that writes.
        organization_id: the organization.
        by: the person who writes; None for the operator.

    Raises:
        OrganizationNotFound: there is none with that id.
        NotPermitted: the person does not own the organization.
    """
    await lock(tables, organization_id)
    if by is not None:
        found = await tables.memberships.find(organization_id, by)
        if found is None or found.role != "owner":
            raise errors.NotPermitted("only an owner may do that")


async def check_owner(
    tables: storage.Tables, organization_id: UUID | None, by: UUID | None
) -> None:
    """Check the writer of an object that the operator may name without its organization.

    Args:
        tables: of the transaction that writes.
        organization_id: the object's organization, which is locked for a person's write.
        by: the person who writes; None for the operator, who may do it in any organization.

    Raises:
        OrganizationNotFound: there is none with that id.
        NotPermitted: the person does not own the organization, or names none.
    """
    if by is None:
        return
    if organization_id is None:
        raise errors.NotPermitted("a person writes in one organization: its id is missing")
    await lock_as_owner(tables, organization_id, by)


def _not_found(organization_id: UUID) -> errors.OrganizationNotFound:
    return errors.OrganizationNotFound(f"there is no organization {organization_id}")


def make(
    name: str, clock: Clock, *, organization_id: UUID | None = None, slug: str | None = None
) -> Organization:
    """A new organization, not stored yet. Raises InvalidValue for a malformed name or slug."""
    check(name, slug)
    new_id = organization_id or clock.new_id()
    return Organization(
        id=new_id,
        name=name.strip(),
        slug=slug or _slug_of(name, new_id),
        created_at=clock.of(new_id).now(),
    )


def is_slug(text: str) -> bool:
    """Whether a text has the form of a slug."""
    return _SLUG.fullmatch(text) is not None


def check(name: str, slug: str | None) -> None:
    """Check an organization's name and slug. Raises InvalidValue."""
    if not name.strip() or len(name) > _MAX_NAME or "\0" in name:
        raise errors.InvalidValue(f"a name has 1 to {_MAX_NAME} characters")
    if slug in _TAKEN_SLUGS:
        raise errors.InvalidValue(f"{slug!r} is an address of the dashboard's: use another slug")
    if slug is not None and not is_slug(slug):
        raise errors.InvalidValue(
            f"{slug!r} is not a slug: use lower-case letters and digits, joined by hyphens"
        )


def _slug_of(name: str, organization_id: UUID) -> str:
    """A unique slug from the name: its words, then the beginning of the id."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)[:6]
    return "-".join([*words, organization_id.hex[:8]])
