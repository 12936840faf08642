"""The service under test, whose Polar is an organization of the test's own in Icefloe."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from icefloe.testing import Organization

ADMIN = ("admin", "open sesame")
ADA = {"email": "ada@example.com", "name": "Ada Lovelace", "plan": "pro"}


@pytest.fixture
def settings(icefloe: Organization, tmp_path: Path) -> Settings:
    """The service's settings: its Polar is this test's organization in Icefloe."""
    return Settings(
        polar_token=icefloe.token,
        admin_password=ADMIN[1],
        webhook_secret="whsec_LanternfishLanternfishLanternfishLanternfish",  # noqa: S106 - of tests
        polar_url=icefloe.base_url,
        database=str(tmp_path / "accounts.db"),
    )


@pytest.fixture
def service(settings: Settings) -> Iterator[TestClient]:
    """The service."""
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.fixture
def ada(service: TestClient) -> dict[str, str]:
    """A person with an account: their id and the headers that they send."""
    opened = service.post("/accounts", json=ADA).json()
    return {"id": opened["id"], "Authorization": f"Bearer {opened['key']}"}
