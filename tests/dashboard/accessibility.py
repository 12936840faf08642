"""axe-core, which finds what keeps people from using a page; it is installed where it is missing."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

import installations

_PACKAGE = Path(__file__).parent / "axe" / "package.json"
_SCRIPT = Path("node_modules", "axe-core", "axe.min.js")
_GRAVE = ("serious", "critical")
_RUN = "() => axe.run(document, {resultTypes: ['violations']})"


def find_script() -> Path:
    """axe-core's script; takes seconds where that is missing or out of date.

    Raises:
        CalledProcessError: when the package cannot be had; npm's own words go to stderr.
        FileNotFoundError: there is no Node here.
    """
    package = _PACKAGE.read_text("utf-8")

    def install(folder: Path) -> None:
        folder.mkdir()
        (folder / "package.json").write_text(package, "utf-8")
        installations.run_npm("install", "--no-package-lock", within=folder)

    return installations.make(installations.FOLDER / "axe", package, install) / _SCRIPT


def find_faults(page: Page, script: Path) -> list[str]:
    """A line for each place on a page that axe finds a serious or critical fault with.

    The page's context does not hold to the page's Content-Security-Policy, or the script is refused.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(path=script)
    found: dict[str, Any] = page.evaluate(_RUN)
    return [
        f"{fault['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for fault in found["violations"]
        if fault["impact"] in _GRAVE
        for node in fault["nodes"]
    ]
