"""`Polar-Version`: which version of the contract a request asks for."""

VERSIONS = ("2026-04", "2026-10")
DEFAULT_VERSION = VERSIONS[0]
# Versions with a published description; the last is announced, not yet to be asked for.
DESCRIBED_VERSIONS = (*VERSIONS, "2027-01")

_BY_HEADER = {b"": DEFAULT_VERSION} | {version.encode(): version for version in VERSIONS}
HEADERS = {version: (b"polar-version", version.encode()) for version in VERSIONS}


def find_version(header: bytes | None) -> str | None:
    """The version that the header's value names; None where there is no such version.

    No header, or an empty one, means the default.
    """
    return DEFAULT_VERSION if header is None else _BY_HEADER.get(header)
