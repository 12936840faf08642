"""A folder for each official client of Node: made where missing, made anew when its pins change."""

from pathlib import Path

import installations

PROGRAMS = Path(__file__).with_name("node")
FOLDER = installations.FOLDER / "clients"
# Oldest first; each is the name of a folder with a package.json, and of what is made from it.
NAMES = tuple(sorted(package.parent.name for package in PROGRAMS.glob("*/package.json")))


def make_all() -> dict[str, Path]:
    """The folder of each client, by the client's name."""
    return {name: make(name) for name in NAMES}


def make(name: str) -> Path:
    """The folder that holds the client; takes seconds where that is missing or out of date.

    Raises:
        CalledProcessError: when the packages cannot be had; npm's own words go to stderr.
        FileNotFoundError: there is no Node here.
    """
    package = (PROGRAMS / name / "package.json").read_text("utf-8")

    def install(environment: Path) -> None:
        environment.mkdir()
        # npm writes into the file it is given.
        (environment / "package.json").write_text(package, "utf-8")
        installations.run_npm("install", "--no-package-lock", within=environment)

    return installations.make(FOLDER / f"node-{name}", package, install)
