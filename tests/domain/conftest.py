"""Time that stands still, and a database of each test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from icefloe.domain.storage import Storage
from icefloe.storage.open import open_storage
from support import HeldTime, run


@pytest.fixture
def time() -> HeldTime:
    """Time, held."""
    return HeldTime()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Storage]:
    """An empty storage on a file."""
    opened = run(open_storage(str(tmp_path / "data.db")))
    yield opened
    run(opened.close())
