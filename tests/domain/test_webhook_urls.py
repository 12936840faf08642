"""Which URLs webhooks may be sent to."""

import pytest

from icefloe.domain.values.errors import RulesBroken
from icefloe.domain.webhooks import urls

SCHEME = "URL scheme should be 'https'"
MALFORMED = "Invalid webhook URL: the hostname contains characters not allowed in domain names."
PRIVATE = "Webhook URLs cannot point to localhost or private IP addresses."
CANNOT_ENABLE = "Cannot enable a webhook endpoint with an invalid URL. Please update the URL first."
LOOPBACK = [
    "http://localhost/",
    "http://localhost:3000/hook",
    "http://localhost./",
    "http://app.localhost/",
    "http://127.0.0.1:8080/",
    "http://127.9.9.9/",
    "http://[::1]/",
    "http://[::ffff:7f00:1]/",
]


def find_complaint(url: str, *, public_only: bool = False) -> str | None:
    """What is wrong with a URL, if anything."""
    try:
        urls.require_usable(url, ("body", "url"), public_only=public_only)
    except RulesBroken as error:
        (violation,) = error.violations
        assert (violation.place, violation.value) == (("body", "url"), url)
        assert (violation.kind == "url_scheme") == (violation.message == SCHEME)
        return violation.message
    return None


class TestRequireUsable:
    """`urls.require_usable`."""

    @pytest.mark.parametrize(
        "url",
        [
            "https://example.com/",
            "https://example.com:8443/a?b#c",
            "https://user:password@example.com/",
            "https://xn--bcher-kva.de/",
            "https://intranet/",
            "https://localhost./",
            "https://foo.localhost/",
            "https://metadata.google.internal/",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "https://[::ffff:808:808]/",
        ],
    )
    def test_public(self, url: str) -> None:
        """HTTPS to a domain name or a public address is taken in both modes."""
        assert find_complaint(url) is None
        assert find_complaint(url, public_only=True) is None

    @pytest.mark.parametrize("url", LOOPBACK)
    def test_this_machine(self, url: str) -> None:
        """Plain HTTP to this machine is taken unless only public URLs are."""
        assert find_complaint(url) is None
        assert find_complaint(url, public_only=True) == SCHEME

    @pytest.mark.parametrize(
        "url",
        [
            "http://example.com/",
            "http://10.0.0.1/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://localhost.example.com/",
            "http://notlocalhost/",
            "ftp://localhost/",
            "ws://127.0.0.1/",
            "mailto:ada@example.com",
            "example.com",
            "",
        ],
    )
    def test_another_scheme(self, url: str) -> None:
        """No other scheme is taken, and plain HTTP to no other machine."""
        assert find_complaint(url) == SCHEME

    @pytest.mark.parametrize(
        "host",
        [
            "localhost",
            "127.0.0.1",
            "127.1.2.3",
            "0.0.0.0",  # noqa: S104 - a host to refuse
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.2.1",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[fd00::1]",
            "[fe80::1]",
            "[::ffff:7f00:1]",
            "[::ffff:a00:1]",
        ],
    )
    def test_private(self, host: str) -> None:
        """HTTPS to this machine or a private address is refused in both modes, as by the reference."""
        for public_only in (False, True):
            assert find_complaint(f"https://{host}/", public_only=public_only) == PRIVATE

    @pytest.mark.parametrize(
        "host",
        [
            "foo_bar.example.com",
            "foo-.com",
            "-foo.com",
            "a..b",
            "ab--cd.com",
            "ex*ample.com",
            "xn--zzzz.com",
            f"{'a' * 64}.com",
            "127.1",
            "2130706433",
            "0x7f.1",
            "example.0x7f",
            "",
            "[::1",
        ],
    )
    def test_no_domain_name(self, host: str) -> None:
        """A host that is no domain name is refused, and so is one that clients take for an address."""
        assert find_complaint(f"https://{host}/") == MALFORMED


class TestRequireEnablable:
    """`urls.require_enablable`."""

    @pytest.mark.parametrize("url", LOOPBACK)
    def test_this_machine(self, url: str) -> None:
        """An endpoint on this machine cannot be enabled once only public URLs are taken."""
        urls.require_enablable(url, public_only=False)
        with pytest.raises(RulesBroken) as raised:
            urls.require_enablable(url, public_only=True)

        (violation,) = raised.value.violations
        assert (violation.kind, violation.place) == ("value_error", ("body", "enabled"))
        assert (violation.message, violation.value) == (CANNOT_ENABLE, True)

    def test_public(self) -> None:
        """An endpoint with a public URL can be enabled in both modes."""
        urls.require_enablable("https://example.com/", public_only=True)
        urls.require_enablable("https://example.com/", public_only=False)
