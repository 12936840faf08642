"""The service under test, and Polar's client to look at what the service did."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from polar.v2026_10 import Polar

from app.main import create_app
from app.settings import Settings

ADMIN = ("admin", "open sesame")
ADA = {"email": "ada@example.com", "name": "Ada Lovelace", "plan": "pro"}


@pytest.fixture
def settings(icefloe: Any, tmp_path: Path) -> Settings:
    """The service's settings: its Polar is this test's organization in Icefloe."""
    return Settings(
        polar_token=icefloe.token,
        admin_password=ADMIN[1],
        polar_url=icefloe.base_url,
        database=str(tmp_path / "accounts.db"),
    )


@pytest.fixture
def service(settings: Settings) -> Iterator[TestClient]:
    """The service."""
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.fixture
def polar(icefloe: Any) -> Iterator[Polar]:
    """Polar's own client, at the same organization."""
    with Polar(icefloe.token, base_url=icefloe.base_url) as client:
        yield client


@pytest.fixture
def ada(service: TestClient) -> dict[str, str]:
    """A person with an account: their id and the headers that they send."""
    opened = service.post("/accounts", json=ADA).json()
    return {"id": opened["id"], "Authorization": f"Bearer {opened['key']}"}
