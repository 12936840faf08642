"""What tests of the stand-in share: an application that asks it."""

from collections.abc import Iterator

import httpx
import pytest

from icefloe.testing import Organization


@pytest.fixture
def application(icefloe: Organization) -> Iterator[httpx.Client]:
    """What an application has of the organization: a client with its URL and token."""
    with httpx.Client(
        base_url=icefloe.base_url,
        headers={"Authorization": f"Bearer {icefloe.token}"},
        timeout=120,
        verify=False,  # noqa: S501 - reading certificates takes 50 ms; the server speaks plain HTTP
    ) as client:
        yield client
