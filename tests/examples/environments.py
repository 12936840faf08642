"""What the examples are run with: made where missing, made anew when what it is made from changes."""

import json
import tomllib
from pathlib import Path

import installations

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
NAMES = tuple(sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir()))
FOLDER = installations.FOLDER / "examples"


def find_parts(name: str) -> dict[str, Path]:
    """What a user of the example has installed in its folder, by its name there.

    Raises:
        CalledProcessError: when packages cannot be had.
        FileNotFoundError: there is no Node here.
    """
    example = EXAMPLES / name
    if (example / "requirements-test.txt").exists():
        return {".venv": _make_environment(name)}
    if (example / "package.json").exists():
        return {"node_modules": _make_modules(name)}
    return {}


def _make_environment(name: str) -> Path:
    example = EXAMPLES / name
    # Icefloe is installed from this repository, as it stands; what it needs may change.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pins = [*sorted(example.glob("requirements*.txt")), ROOT / "constraints.txt"]
    made_from = "".join(file.read_text("utf-8") for file in pins) + json.dumps(project)
    wanted = ("--requirement", "requirements-test.txt")
    python = installations.make_environment(FOLDER / name, made_from, *wanted, within=example)
    return python.parents[1]


def _make_modules(name: str) -> Path:
    files = [
        file
        for part in (".npmrc", "package.json", "package-lock.json")
        if (file := EXAMPLES / name / part).exists()
    ]

    def install(folder: Path) -> None:
        folder.mkdir()
        for file in files:
            (folder / file.name).write_bytes(file.read_bytes())
        installations.run_npm("ci", within=folder)

    made_from = "".join(file.read_text("utf-8") for file in files)
    return installations.make(FOLDER / name, made_from, install) / "node_modules"
