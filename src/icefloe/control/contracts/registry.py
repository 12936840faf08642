"""The contracts there are, by name."""

from icefloe.control.contracts import mid_2025
from icefloe.control.contracts.april_2026 import April2026
from icefloe.control.contracts.present import Contract
from icefloe.domain.values.errors import InvalidValue

_CONTRACTS = {"2025-06": mid_2025.Mid2025, "2026-04": April2026, "2026-10": Contract}
NAMES = tuple(_CONTRACTS)
"""The contracts there are; the last is the server's present one."""


def open_contract(name: str | None) -> Contract:
    """The contract of that name; None is the server's present one. Raises InvalidValue."""
    if name is None:
        return Contract()
    if name not in _CONTRACTS:
        raise InvalidValue(f"there is no contract {name!r}: choose one of {', '.join(NAMES)}")
    return _CONTRACTS[name]()
