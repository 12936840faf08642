"""Every page is served over PostgreSQL as well."""

from pathlib import Path

import plain_http
from dashboard import addresses, browsing, forms
from icefloe.assembly import open_services
from icefloe.settings import Settings
from support import make_organization_of, run, start_server


def test_every_page(postgres_database: str, tmp_path: Path) -> None:
    """Each page can be seen by an owner, with some of everything in the organization."""
    server = start_server(postgres_database, tmp_path / "server.log")
    services = run(open_services(Settings(database=postgres_database)))
    try:
        furnished = addresses.furnish(browsing.make_person(make_organization_of(server, services)))
        owner = furnished.owner
        with plain_http.client(server.url) as client:
            token = forms.read_token(client.get("/dashboard/sign-in").text)
            fields = {forms.FIELD: token, "email": owner.email, "password": owner.password}
            assert client.post("/dashboard/sign-in", data=fields).status_code == 303
            answers = {
                page.path: client.get(furnished.path(page), follow_redirects=True)
                for page in addresses.SHOWN
            }
            found = client.get(f"{owner.home}/customers?q=customer&metadata=plan%3Dpro&sort=name")
    finally:
        run(services.stop())
        server.stop()
    assert {path: one.status_code for path, one in answers.items() if one.status_code != 200} == {}
    assert "20 customers" in found.text
