"""The hosts that may show an organization's checkout in a frame, in the form that is stored.

An entry is a host with an optional port, such as `shop.example.com` or `localhost:3000`; with `*.`
before it, any host below that one. An app's origin has its scheme: `chrome-extension://abcdef`.
"""

import re

from pydantic import AnyUrl, TypeAdapter, ValidationError

_WEB_SCHEMES = frozenset({"http", "https"})
_SCHEME = "://"
_WILDCARD = "*."
# Stands for a wildcard in a URL, which cannot have one.
_ANY_LABEL = "any."
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.?|\[[0-9a-f:.]+\]")
_PORT = re.compile(r":(\d+)$")
_HTTPS_PORT = ":443"
_MAX_HOST = 253  # characters; DNS has no longer name
# Of other parts of a URL, which an entry does not have.
_OTHER_MARKS = "/?#@*\\ "
_URL = TypeAdapter(AnyUrl)


def standardise(text: str) -> str:
    """An entry in its one spelling: lower case, punycode, without the port of HTTPS.

    Raises:
        ValueError: the text is no such entry.
    """
    scheme, separator, rest = text.strip().rpartition(_SCHEME)
    scheme = scheme.lower()
    if scheme in _WEB_SCHEMES:
        raise _refused(text, "leave out the scheme")
    is_wildcard = rest.startswith(_WILDCARD)
    rest = rest.removeprefix(_WILDCARD)
    host = None
    if bool(scheme) == bool(separator):
        host = _find_host(scheme or "https", rest, is_wildcard=is_wildcard)
    if host is None:
        raise _refused(text, "it must be a host, with a port or without")
    if is_wildcard and "." not in host.rstrip("."):
        raise _refused(text, "so wide a wildcard is every site of that ending")
    written = _PORT.search(rest)
    port = "" if written is None or (written[0] == _HTTPS_PORT and not scheme) else written[0]
    return f"{scheme}{separator}{_WILDCARD if is_wildcard else ''}{host}{port}"


def _find_host(scheme: str, text: str, *, is_wildcard: bool) -> str | None:
    """The host as a URL spells it; None if the text is not a host with a port or without."""
    if not text or any(mark in text for mark in _OTHER_MARKS) or _has_bare_colon(text):
        return None
    try:
        url = _URL.validate_python(f"{scheme}{_SCHEME}{_ANY_LABEL if is_wildcard else ''}{text}")
    except ValidationError:
        return None
    host = (url.host or "").lower()
    host = host.removeprefix(_ANY_LABEL) if is_wildcard else host
    return host if len(host) <= _MAX_HOST and _HOST.fullmatch(host) else None


def _has_bare_colon(text: str) -> bool:
    """Whether there is a colon without a port, outside of the brackets of an IPv6 address."""
    return ":" in _PORT.sub("", text).rpartition("]")[2]


def _refused(text: str, reason: str) -> ValueError:
    return ValueError(f"{text!r} cannot be a host to embed in: {reason}.")
