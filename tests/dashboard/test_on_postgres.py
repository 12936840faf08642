"""Every page is served over PostgreSQL as well."""

from pathlib import Path

from dashboard import addresses, browsing
from dashboard.over_http import Visitor
from icefloe.assembly import open_services
from icefloe.settings import Settings
from support import make_organization_of, run, start_server


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
