"""The paths of old: `/api/v1/…` is the same as `/v1/…`."""

_PREFIX = "/api"


def without_prefix(path: str) -> str:
    """The path as the routing table has it."""
    return path.removeprefix(_PREFIX) if path.startswith(f"{_PREFIX}/v1/") else path
