"""The customers of a seed, made in an organization of a test."""

from pathlib import Path
from typing import Any

from icefloe.exchange import seed_files, seeds
from icefloe.testing.control import Control


def plant(control: Control, organization_id: str, file: Path, wanted: str | None) -> int:
    """Make the customers of an organization of a seed in another one; how many there are in it.

    Args:
        control: of the server.
        organization_id: where they are to be.
        file: the seed.
        wanted: the name or slug of the seed's organization; None for the only one.

    Raises:
        ConfigurationError: the file cannot be read, or is no seed.
        ValueError: it has no such organization, or several and none is named.
    """
    seeds.load(file)  # tells what is wrong with it, and on which line
    there = seed_files.read(file).value["organizations"]
    chosen = _choose(there, wanted, file)
    customers: list[Any] = chosen.get("customers") or []
    planted = {"id": organization_id, "name": "Test", "customers": customers}
    control.post("seeds", {"organizations": [planted]})
    return len(customers)


def _choose(there: list[dict[str, Any]], wanted: str | None, file: Path) -> dict[str, Any]:
    fitting = [one for one in there if wanted is None or wanted in {one["name"], one.get("slug")}]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(repr(one["name"]) for one in there) or "none"
    raise ValueError(f"say by organization=… which one of {file} is meant: it has {names}")
