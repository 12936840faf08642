"""An environment for each official client: made where missing, made anew when its pins change."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import installations

PINS = Path(__file__).with_name("clients")
FOLDER = installations.FOLDER / "clients"
# Oldest first; each is the name of a file of pins, and of the environment that is made from it.
NAMES = tuple(sorted(pins.stem for pins in PINS.glob("*.txt")))
_AT_ONCE = 2


def make_all() -> dict[str, Path]:
    """The Python of each client's environment, by the client's name."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return dict(zip(NAMES, threads.map(make, NAMES), strict=True))


def make(name: str) -> Path:
    """The Python of the environment; takes seconds where that is missing or out of date.

    Raises:
        CalledProcessError: when the packages cannot be had; pip's own words go to stderr.
    """
    pins = PINS / f"{name}.txt"
    return installations.make_environment(
        FOLDER / name, pins.read_text("utf-8"), "--requirement", str(pins), within=PINS
    )
