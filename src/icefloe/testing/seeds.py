"""What a seed's organization sells, and its customers, for an organization of a test."""

from pathlib import Path
from typing import Any

from icefloe.exchange import seed_files, seeds

_TAKEN = ("meters", "benefits", "products", "discounts", "customers")


def read_customers(file: Path, wanted: str | None) -> dict[str, Any]:
    """A seed that has what an organization of the seed in a file sells, and its customers, alone.

    Args:
        file: the seed.
        wanted: the name or slug of its organization; None for the only one.

    Raises:
        ConfigurationError: the file cannot be read, or is no seed.
        ValueError: it has no such organization, or several and none is named.
    """
    seeds.load(file)  # says what is wrong with it, and on which line
    there = seed_files.read(file).value["organizations"]
    fitting = [one for one in there if wanted is None or wanted in {one["name"], one.get("slug")}]
    if len(fitting) != 1:
        names = ", ".join(repr(one["name"]) for one in there) or "none"
        raise ValueError(f"say by organization=… which one of {file} is meant: it has {names}")
    # Without its seed: ids are the test's own, so that others may have the same customers meanwhile.
    return {
        "organizations": [{"name": "Test", **{key: fitting[0].get(key) or [] for key in _TAKEN}}]
    }
