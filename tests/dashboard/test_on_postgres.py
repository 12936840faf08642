"""The dashboard over PostgreSQL: every page, and an import whose person is signed out meanwhile."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from dashboard import addresses, browsing
from dashboard.customer_visits import PASSWORD
from dashboard.over_http import Visitor
from icefloe.assembly import open_services
from icefloe.domain.entries import Entry
from icefloe.domain.values.access import SCOPES, Subject
from icefloe.domain.values.errors import NotPermitted
from icefloe.domain.values.listing import CustomerQuery
from icefloe.exchange.records import read_entry
from icefloe.settings import Settings
from support import make_organization_of, new_customer, run, start_server


def test_every_page(postgres_database: str, tmp_path: Path) -> None:
    """Each page can be seen by an owner, with some of everything in the organization."""
    server = start_server(postgres_database, tmp_path / "server.log")
    services = run(open_services(Settings(database=postgres_database)))
    try:
        furnished = addresses.furnish(browsing.make_person(make_organization_of(server, services)))
        visitor = Visitor(server.url)
        visitor.sign_in(furnished.owner.email, furnished.owner.password)
        answers = {
            page.path: visitor.get(furnished.path(page), follow_redirects=True)
            for page in addresses.SHOWN
        }
        customers = f"{furnished.owner.home}/customers"
        found = visitor.get(f"{customers}?q=customer&metadata=plan%3Dpro&sort=name")
    finally:
        run(services.stop())
        server.stop()
    assert {path: one.status_code for path, one in answers.items() if one.status_code != 200} == {}
    assert "20 customers" in found.text


def test_signed_out_during_an_import(postgres_database: str) -> None:
    """An import sees that its person was signed out while it ran, and stores nothing."""
    services = run(open_services(Settings(database=postgres_database)))
    try:
        ada = run(services.people.create("ada@example.com", PASSWORD))
        organization = run(services.memberships.create_organization(ada.id, "Tests"))
        session = run(services.sessions.begin(ada, user_agent="Browser/1.0"))

        async def sign_out() -> None:
            other = await open_services(Settings(database=postgres_database))
            await other.sessions.end_all(ada.id)
            await other.stop()

        def read_entries() -> Iterator[Entry]:
            for number in range(1_000):
                yield read_entry(f"item {number}", new_customer(number))
            with ThreadPoolExecutor() as threads:
                threads.submit(lambda: asyncio.run(sign_out())).result()

        check = partial(
            services.sessions.check_member, value=session, organization_id=organization.id
        )
        with pytest.raises(NotPermitted, match="signed out"):
            run(services.imports.run(organization.id, read_entries, are_few=True, check=check))
        subject = Subject(organization.id, ada.id, frozenset(SCOPES))
        assert run(services.customers.find_page(subject, CustomerQuery())).total_count == 0
    finally:
        run(services.stop())
