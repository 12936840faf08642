"""Snapshots: what an organization holds, as it was."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from icefloe.assembly import open_services
from icefloe.domain.snapshots import Snapshot
from icefloe.domain.values import errors
from icefloe.domain.values.access import Subject
from icefloe.domain.values.answers import Once
from icefloe.domain.values.customers import CustomerChange, NewCustomer
from icefloe.domain.values.listing import CustomerQuery, MetadataFilter, PageRequest, Sort
from icefloe.domain.values.members import MemberQuery, NewMember
from icefloe.domain.values.organizations import OrganizationChange
from icefloe.exchange.records import read_entry
from icefloe.services import Services
from icefloe.settings import Settings
from icefloe.storage.commerce.resources import RESOURCES
from icefloe.storage.commerce.usage import TABLES as USAGE
from icefloe.storage.open import open_maintenance
from support import Engine, new_customer, run

SCOPES = ("customers:read", "customers:write", "members:read", "members:write")
ALL = PageRequest(limit=100)
QUERIES = [
    CustomerQuery(page=ALL),
    CustomerQuery(page=ALL, sorting=(Sort("created_at"),)),
    CustomerQuery(page=ALL, query="customer"),
    CustomerQuery(page=ALL, query="zoë"),
    CustomerQuery(page=ALL, metadata=(MetadataFilter("plan", ("pro",)),)),
    CustomerQuery(page=ALL, metadata=(MetadataFilter("new", ("1",)),)),
]


@pytest.fixture
def services(engine: Engine) -> Iterator[Services]:
    """The services over an empty database."""
    settings = Settings(
        database=engine.database, secret=SecretStr("a secret of these tests, long enough")
    )
    opened = run(open_services(settings))
    yield opened
    run(opened.stop())


@pytest.fixture
def subject(services: Services) -> Subject:
    """Who speaks for an organization that holds something of each kind."""
    made = run(services.organizations.create("Kept"))
    return run(fill(services, made.id))


async def fill(services: Services, organization_id: UUID) -> Subject:
    """Keep customers, members, events, answers and tokens; gives who speaks for the organization."""
    token, shown = await services.tokens.create(organization_id, "mine", SCOPES)
    await services.tokens.revoke(
        (await services.tokens.create(organization_id, "old", SCOPES))[0].id
    )
    subject = await services.tokens.authenticate(shown)
    assert subject.token_id == token.id
    entries = [
        read_entry(f"item {number}", new_customer(
            number,
            # Several at one moment: they stand in the order in which they were kept.
            created_at="2026-01-01T00:00:00.123456Z",
            name="Zoë \N{GRINNING FACE} 'quoted' \\" if number % 2 else None,
            type="team" if number % 3 else "individual",
            metadata={"plan": "pro", "ratio": 0.5, "is_new": True, "seats": number},
            billing_address={"country": "FR", "city": "Brest"} if number % 4 == 0 else None,
            deleted_at="2026-02-02T00:00:00Z" if number % 10 == 3 else None,
        ))
        for number in range(20)
    ]  # fmt: skip
    await services.imports.run(organization_id, lambda: entries)
    await create_once(services, subject)
    await services.members.create(subject, "once", NewMember(email="second@example.com"))
    for name in ("left", "unknown"):
        new = NewCustomer(email=f"{name}@example.com", external_id=name)
        await services.customer_writes.create(subject, new)
        await services.customer_writes.delete_external(subject, name, anonymise=name == "unknown")
    return subject


async def create_once(services: Services, subject: Subject) -> bytes:
    """Make a customer by a request that may be sent again."""
    new = NewCustomer(email="once@example.com", external_id="once", type="team")
    return await services.customer_writes.create(subject, new, once=Once("a key", b"\x00\xff"))


async def change_much(services: Services, subject: Subject) -> None:
    """Make everything different from what it was."""
    for number in range(5):
        new = NewCustomer(email=f"new{number}@example.com", metadata={"new": 1})
        await services.customer_writes.create(subject, new, once=Once(f"{number}", b""))
    await services.customer_writes.delete_external(subject, "once", anonymise=True)
    change = CustomerChange(email="else@example.com", name="Zoë", metadata={"new": 1})
    await services.customer_writes.update_external(subject, "usr_4", change)
    await services.tokens.create(subject.organization_id, "new", SCOPES)
    await services.tokens.revoke(subject.token_id)


async def describe(services: Services, subject: Subject) -> dict[str, Any]:
    """What can be seen of an organization."""
    records = services.customers.walk(subject.organization_id, with_deleted=True)
    return {
        "lists": [await services.customers.find_page(subject, query) for query in QUERIES],
        "members": await services.members.find_page(subject, MemberQuery(page=ALL)),
        "kept": [(record.document, record.owner) async for batch in records for record in batch],
        "again": await create_once(services, subject),
        "tokens": await services.tokens.find_all(subject.organization_id),
    }


def find_disagreements(engine: Engine) -> list[Any]:
    """What `icefloe database check` says."""
    return run(open_maintenance(engine.database).find_disagreements(lambda _: None))


class TestTake:
    """`Snapshots.take`."""

    def test_unknown(self, services: Services) -> None:
        """Of an organization that is not there, no snapshot is taken."""
        nobody = uuid4()

        with pytest.raises(errors.OrganizationNotFound, match=str(nobody)):
            run(services.snapshots.take(nobody))

    def test_nothing(self, services: Services) -> None:
        """Of an organization that holds nothing, a snapshot holds nothing."""
        made = run(services.organizations.create("Empty"))

        assert run(services.snapshots.take(made.id)) == Snapshot(
            organization=made,
            customers=(),
            members=(),
            events=(),
            answers=(),
            tokens=(),
            webhook_endpoints=(),
            commerce={resource.name: () for resource in RESOURCES},
            usage=dict.fromkeys(USAGE, ()),
        )

    def test_everything(self, services: Services, subject: Subject) -> None:
        """A snapshot holds deleted customers too, and stays as it is when the organization changes."""
        taken = run(services.snapshots.take(subject.organization_id))
        again = run(services.snapshots.take(subject.organization_id))
        run(change_much(services, subject))

        assert len(taken.customers) == 23
        assert sum(one.deleted_at is not None for one in taken.customers) == 4
        assert [one.external_id for one in taken.customers[:3]] == ["usr_0", "usr_1", "usr_2"]
        assert len(taken.members) == 24
        assert [event.type for event in taken.events[:3]] == [
            "member.created",
            "customer.created",
            "member.created",
        ]
        assert [record.key for record in taken.answers] == ["a key"]
        assert [token.name for token in taken.tokens] == ["mine", "old"]
        assert taken == again != run(services.snapshots.take(subject.organization_id))


class TestRestore:
    """`Snapshots.restore`."""

    def test_unknown(self, services: Services, subject: Subject) -> None:
        """Into an organization that is not there, nothing is put."""
        taken = run(services.snapshots.take(subject.organization_id))

        with pytest.raises(errors.OrganizationNotFound):
            run(services.snapshots.restore(uuid4(), taken))

    def test_as_it_was(self, engine: Engine, services: Services, subject: Subject) -> None:
        """Everything is as it was, to the byte; as often as it is put back."""
        before = run(describe(services, subject))
        taken = run(services.snapshots.take(subject.organization_id))
        for _ in range(3):
            run(change_much(services, subject))
            assert run(services.snapshots.take(subject.organization_id)) != taken

            run(services.snapshots.restore(subject.organization_id, taken))

            assert run(describe(services, subject)) == before
            assert run(services.snapshots.take(subject.organization_id)) == taken
            assert find_disagreements(engine) == []

    def test_to_go_on_from(self, engine: Engine, services: Services, subject: Subject) -> None:
        """What was put back can be changed as before; nobody else's is touched."""
        other = run(fill(services, run(services.organizations.create("Other")).id))
        before = run(describe(services, other))
        taken = run(services.snapshots.take(subject.organization_id))
        run(change_much(services, subject))
        after = run(services.snapshots.take(subject.organization_id))

        run(services.snapshots.restore(subject.organization_id, taken))
        run(change_much(services, subject))

        now = run(services.snapshots.take(subject.organization_id))
        assert len(now.customers) == len(after.customers)
        assert [event.type for event in now.events] == [event.type for event in after.events]
        assert run(describe(services, other)) == before
        assert find_disagreements(engine) == []

    def test_tokens(self, services: Services) -> None:
        """A token that was revoked since is valid again, and one made since has never been."""
        made = run(services.organizations.create("X"))
        token, shown = run(services.tokens.create(made.id, "kept", SCOPES))
        taken = run(services.snapshots.take(made.id))
        run(services.tokens.revoke(token.id))
        _, later = run(services.tokens.create(made.id, "later", SCOPES))
        run(services.tokens.authenticate(later))

        run(services.snapshots.restore(made.id, taken))

        assert run(services.tokens.authenticate(shown)).token_id == token.id
        with pytest.raises(errors.AuthenticationFailed):
            run(services.tokens.authenticate(later))

    def test_settings(self, services: Services) -> None:
        """An organization has its name and settings again; another gets the settings alone."""
        made, other = (run(services.organizations.create(name)) for name in ("X", "Y"))
        subject = Subject(made.id, uuid4(), frozenset())
        change = OrganizationChange(settings={"country": "FR"})
        run(services.organizations.change(subject, made.id, change))
        kept = run(services.organizations.get(made.id))
        taken = run(services.snapshots.take(made.id))
        change = OrganizationChange(
            name="Z", settings={"country": "SE", "website": "https://z.example/"}
        )
        run(services.organizations.change(subject, made.id, change))

        for organization in (made, other):
            run(services.snapshots.restore(organization.id, taken))

        assert run(services.organizations.get(made.id)) == kept
        found = run(services.organizations.get(other.id))
        assert (found.name, found.slug) == (other.name, other.slug)
        assert (found.profile, found.modified_at) == (kept.profile, kept.modified_at)

    def test_another_organization(
        self, engine: Engine, services: Services, subject: Subject
    ) -> None:
        """Another has the same customers as its own, and keeps its tokens; the first stays as it is."""
        before = run(describe(services, subject))
        taken = run(services.snapshots.take(subject.organization_id))
        other = run(fill(services, run(services.organizations.create("Other")).id))
        run(change_much(services, other))
        tokens = run(services.tokens.find_all(other.organization_id))

        run(services.snapshots.restore(other.organization_id, taken))

        def of_other(document: bytes) -> bytes:
            ids = (subject.organization_id, other.organization_id)
            was, now = (str(one).encode() for one in ids)
            return document.replace(was, now)

        found = run(describe(services, other))
        assert found["lists"] == [
            replace(page, items=of_other(page.items)) for page in before["lists"]
        ]
        assert found["members"] == before["members"]
        assert [document for document, _ in found["kept"]] == [
            of_other(document) for document, _ in before["kept"]
        ]
        assert found["again"] == before["again"]
        assert found["tokens"] == tokens
        assert run(describe(services, subject)) == before
        assert find_disagreements(engine) == []

    def test_a_removed_organization(self, services: Services, subject: Subject) -> None:
        """A snapshot outlives its organization, and can be put into one of the same id made again."""
        before = run(describe(services, subject))
        taken = run(services.snapshots.take(subject.organization_id))
        run(services.organizations.remove(subject.organization_id))
        run(services.organizations.create("Again", organization_id=subject.organization_id))

        run(services.snapshots.restore(subject.organization_id, taken))

        assert run(describe(services, subject)) == before

    def test_a_token_that_is_taken(self, engine: Engine, services: Services) -> None:
        """Where another organization has a token by now, nothing is put back and nothing is lost."""
        made = run(services.organizations.create("X"))
        _, shown = run(services.tokens.create(made.id, "mine", SCOPES))
        taken = run(services.snapshots.take(made.id))
        run(services.organizations.remove(made.id))
        run(services.organizations.create("X", organization_id=made.id))
        other = run(services.organizations.create("Y"))
        run(services.tokens.create(other.id, "theirs", SCOPES, value=shown))
        held = Subject(made.id, uuid4(), frozenset(SCOPES))
        run(services.customer_writes.create(held, NewCustomer(email="a@example.com")))

        with pytest.raises(errors.Duplicate) as refused:
            run(services.snapshots.restore(made.id, taken))

        assert refused.value.field == "token"
        assert len(run(services.snapshots.take(made.id)).customers) == 1
        assert find_disagreements(engine) == []
