"""The admin's page of customers."""

from fastapi.testclient import TestClient

from icefloe.testing import Organization

ADMIN = ("admin", "open sesame")


def test_by_plan(service: TestClient, icefloe: Organization) -> None:
    """The page shows the customers of one plan, or of all."""
    icefloe.customers.create(email="ada@example.com", metadata={"plan": "pro"})
    icefloe.customers.create(email="alan@example.com", metadata={"plan": "free"})
    pro = service.get("/admin/customers?plan=pro", auth=ADMIN).text
    everybody = service.get("/admin/customers", auth=ADMIN).text

    assert "ada@example.com" in pro
    assert "alan@example.com" not in pro
    assert "ada@example.com" in everybody
    assert "alan@example.com" in everybody


def test_pages(service: TestClient, icefloe: Organization) -> None:
    """Fifty customers are on a page, the newest first, with links to the pages beside it."""
    oldest, *_, newest = icefloe.customers.create_many(51, metadata={"plan": "pro"})
    first = service.get("/admin/customers?plan=pro", auth=ADMIN).text
    second = service.get("/admin/customers?plan=pro&page=2", auth=ADMIN).text

    assert newest.email in first
    assert oldest.email not in first
    assert 'href="?page=2&amp;plan=pro"' in first
    assert oldest.email in second
    assert 'href="?page=1&amp;plan=pro"' in second


def test_names_are_text(service: TestClient, icefloe: Organization) -> None:
    """A name is shown as it is, whatever is in it."""
    icefloe.customers.create(email="eve@example.com", name="<script>alert(1)</script>")
    page = service.get("/admin/customers", auth=ADMIN).text

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_password(service: TestClient) -> None:
    """Nobody else sees it."""
    assert service.get("/admin/customers").status_code == 401
    assert service.get("/admin/customers", auth=("admin", "guess")).status_code == 401
