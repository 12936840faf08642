"""What countries are called: for people who choose one."""

from importlib import resources

from icefloe.domain.values import addresses


def _read_names() -> dict[str, str]:
    lines = (
        resources.files("icefloe.dashboard.customers").joinpath("countries.txt").read_text("utf-8")
    )
    return {code: name for code, _, name in (line.partition(" ") for line in lines.splitlines())}


NAMES = _read_names()
"""Every country's name by its code, in the order of the names."""


def find_choices(present: str) -> list[tuple[str, str]]:
    """The countries that an address may be given, and the one that it has; as code and name."""
    allowed = {*addresses.ACCEPTED_COUNTRIES, present}
    return [("", "No country"), *((code, name) for code, name in NAMES.items() if code in allowed)]
