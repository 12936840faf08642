"""The environments of the official clients."""

import importlib.metadata
import re
from pathlib import Path

import pytest

from wire import environments


def test_names() -> None:
    """Three generations of the client are tested."""
    assert environments.NAMES == ("polar-sdk-0.22.1", "polar-sdk-0.32.0", "polar-sdk-1.0.2")


@pytest.mark.parametrize("name", environments.NAMES)
def test_version(name: str, pythons: dict[str, Path]) -> None:
    """Each environment holds the client that its name says."""
    (packages,) = pythons[name].parents[1].glob("[Ll]ib/**/site-packages")
    (found,) = importlib.metadata.distributions(name="polar-sdk", path=[str(packages)])
    assert f"polar-sdk-{found.version}" == name


@pytest.mark.parametrize("name", environments.NAMES)
def test_pins(name: str) -> None:
    """Pins name packages and versions, never where to get them."""
    lines = (environments.PINS / f"{name}.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins[0] == "==".join(name.rsplit("-", 1))
    assert [pin for pin in pins if not re.fullmatch(r"[a-z-]+[=<>][=<>.,0-9a-z]+", pin)] == []


def test_present_environments_are_kept(pythons: dict[str, Path]) -> None:
    """Environments that are there, from the same pins, are used as they are."""
    before = {name: python.lstat().st_ctime_ns for name, python in pythons.items()}
    again = environments.make_all()
    assert again == pythons
    assert {name: python.lstat().st_ctime_ns for name, python in again.items()} == before
