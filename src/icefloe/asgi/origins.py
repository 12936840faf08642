"""Origins: the scheme and host of the server as its clients know them, for links and redirects."""

import re

_SCHEMES = frozenset({"http", "https"})
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def find_scheme(own: str, forwarded: str | None) -> str:
    """The scheme that a client used, `http` or `https`.

    Args:
        own: the scheme of the connection on which the request came.
        forwarded: the request's `X-Forwarded-Proto`, set by a proxy. The first of several values
            counts, which the proxy nearest to the client set; any other scheme is passed over.
    """
    first = (forwarded or "").partition(",")[0].strip().lower()
    return first if first in _SCHEMES else own


def find_origin(scheme: str, host: str | None) -> str | None:
    """An origin such as `https://example.com:8443`; None where the host is missing or malformed.

    Args:
        scheme: as `find_scheme` gives it.
        host: the request's `Host`: a name or an address, with or without a port.
    """
    return f"{scheme}://{host}" if host is not None and _HOST.fullmatch(host) else None


def standardise(url: str) -> str | None:
    """An origin as it is compared and shown, from a URL; None where the URL is more than an origin."""
    scheme, separator, host = url.strip().rstrip("/").partition("://")
    if not separator or scheme.lower() not in _SCHEMES:
        return None
    return find_origin(scheme.lower(), host.lower())
