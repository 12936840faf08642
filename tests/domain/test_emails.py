"""Addresses are reduced to one spelling, and refused for the reasons the contract gives."""

import asyncio
import threading
from typing import Never

import dns.resolver
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icefloe.domain.values import emails
from icefloe.domain.values.emails import EmailCheck

NOT_PUBLIC = (
    "The part after the @-sign is a special-use or reserved name that cannot be used with email."
)


class Names:
    """A stand-in for DNS in which each domain fails in one way."""

    def __init__(self, failure: type[Exception]) -> None:
        self.failure = failure
        self.lifetime = 1.0
        self.asked: list[str] = []

    def resolve(self, domain: str, _kind: str) -> Never:
        """Fails as it was told to."""
        self.asked.append(domain)
        raise self.failure


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ann@iceberg.org", "ann@iceberg.org"),
        ("Ann.Lee+news@IceBerg.ORG", "Ann.Lee+news@iceberg.org"),
        ("  ann@iceberg.org\n", "ann@iceberg.org"),
        ("Ann Lee <ann@iceberg.org>", "ann@iceberg.org"),
        ('"Lee, Ann" <ann@iceberg.org>', "ann@iceberg.org"),
        ("<ann@iceberg.org>", "ann@iceberg.org"),
        ("ann@xn--grnland-r1a.de", "ann@grønland.de"),
        ("ann@GRØNLAND.de", "ann@grønland.de"),
        ("e\u0301mile@iceberg.org", "\u00e9mile@iceberg.org"),
        ("l" * 70 + "@iceberg.org", "l" * 70 + "@iceberg.org"),
        ("ann@example.com", "ann@example.com"),
        ("Postmaster@iceberg.org", "postmaster@iceberg.org"),
    ],
)
def test_addresses_are_reduced_to_one_spelling(text: str, kept: str) -> None:
    """White space and display names go, domains are lower-cased, local parts keep their case."""
    assert emails.standardise(text) == kept


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "An email address must have an @-sign."),
        ("iceberg.org", "An email address must have an @-sign."),
        ("ann@", "There must be something after the @-sign."),
        ("@iceberg.org", "There must be something before the @-sign."),
        ("ann@iceberg", "The part after the @-sign is not valid. It should have a period."),
        ("ann@[IPv6:::1]", "A bracketed IP address after the @-sign is not allowed here."),
        ('"ann lee"@iceberg.org', "Quoting the part before the @-sign is not allowed here."),
        (
            "ann\0@iceberg.org",
            "The email address contains invalid characters before the @-sign: U+0000.",
        ),
        ("ann@iceberg.local", NOT_PUBLIC),
        (
            "Dr. Ann <ann@iceberg.org>",
            "The display name contains invalid characters when not quoted: '.'.",
        ),
        ("a" * 2037 + "@iceberg.org", "Length must not exceed 2048 characters"),
    ],
)
def test_refusals_give_the_reason(text: str, reason: str) -> None:
    """What is no address is refused with the reason, as Pydantic's EmailStr words it."""
    with pytest.raises(emails.InvalidEmail) as refusal:
        emails.standardise(text)

    assert refusal.value.reason == reason
    assert str(refusal.value) == f"value is not a valid email address: {reason}"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ann@iceberg.test", "ann@iceberg.test"),
        ("ann@Printer.LOCAL", "ann@printer.local"),
        ("ann@localhost", "ann@localhost"),
        ("ann@example.com", "ann@example.com"),
        ("ann@10.0.0.1", "ann@10.0.0.1"),
        ("Ann <Ann@Iceberg.Invalid>", "Ann@iceberg.invalid"),
        ("ann@iceberg.org", "ann@iceberg.org"),
    ],
)
def test_any_domain_takes_names_that_are_not_public(text: str, kept: str) -> None:
    """With `any-domain` a domain need only be well-formed."""
    assert emails.standardise(text, EmailCheck.ANY_DOMAIN) == kept


@pytest.mark.parametrize(
    "text", ["ann", "ann@", "ann@.test", "ann@a..test", "ann@test.", "ann@-a.test", "ann@[::1]"]
)
def test_any_domain_still_refuses_malformed_addresses(text: str) -> None:
    """With `any-domain` the reason is the one that other settings give."""
    with pytest.raises(emails.InvalidEmail) as strict:
        emails.standardise(text)
    with pytest.raises(emails.InvalidEmail) as lenient:
        emails.standardise(text, EmailCheck.ANY_DOMAIN)

    assert lenient.value.reason == strict.value.reason


def test_dns_refuses_a_domain_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `dns` the refusal names the address and says what is wrong with its domain."""
    names = Names(dns.resolver.NXDOMAIN)
    monkeypatch.setattr(emails, "_resolver", lambda: names)

    with pytest.raises(emails.UndeliverableEmail) as refusal:
        emails.standardise(" Ann@Nowhere.org ", EmailCheck.DNS)

    assert refusal.value.email == "Ann@nowhere.org"
    assert str(refusal.value) == (
        "Ann@nowhere.org is not a valid email address: The domain name nowhere.org does not exist."
    )


def test_dns_lets_pass_what_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `dns` a name server that does not answer in time refuses nobody."""
    names = Names(dns.resolver.LifetimeTimeout)
    monkeypatch.setattr(emails, "_resolver", lambda: names)

    assert emails.standardise("ann@iceberg.org", EmailCheck.DNS) == "ann@iceberg.org"
    assert names.asked == ["iceberg.org"]


def test_syntax_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `dns` no name server hears of the address."""
    names = Names(dns.resolver.NXDOMAIN)
    monkeypatch.setattr(emails, "_resolver", lambda: names)

    emails.standardise("ann@iceberg.org")
    emails.standardise("ann@iceberg.org", EmailCheck.ANY_DOMAIN)

    assert names.asked == []


@given(
    st.text(max_size=30)
    | st.builds("{}@{}".format, st.text(max_size=12), st.text(max_size=12))
    | st.emails(),
    st.sampled_from([EmailCheck.SYNTAX, EmailCheck.ANY_DOMAIN]),
)
def test_any_text_is_an_address_or_refused(text: str, check: EmailCheck) -> None:
    """Whatever the text, the answer is an address that stays as it is, or a refusal."""
    try:
        kept = emails.standardise(text, check)
    except emails.InvalidEmail:
        return
    assert emails.standardise(kept, check) == kept


def test_look_ups_have_threads_of_their_own() -> None:
    """However many look-ups wait for the network, other work in threads goes on at once."""
    answered = threading.Event()
    names: set[str] = set()

    def look_up() -> bool:
        names.add(threading.current_thread().name)
        return answered.wait(20)

    async def main() -> list[bool]:
        waiting = [
            asyncio.ensure_future(emails.run_look_up(look_up))
            for _ in range(3 * emails.LOOK_UPS_AT_ONCE)
        ]
        await asyncio.to_thread(names.copy)
        assert not any(look_up.done() for look_up in waiting)
        answered.set()
        return await asyncio.gather(*waiting)

    assert all(asyncio.run(main()))
    assert len(names) <= emails.LOOK_UPS_AT_ONCE
    assert all(name.startswith("icefloe-dns") for name in names)


# Words of a plain address, short: of a long one, the library is asked.
_LOCALS = st.lists(st.text("abzABZ019_+-", min_size=1, max_size=6), min_size=1, max_size=3)
_LABELS = st.lists(st.from_regex(emails._LABEL, fullmatch=True), min_size=1, max_size=3)
_SUFFIXES = st.text("abcz", min_size=2, max_size=6)


@given(_LOCALS, _LABELS, _SUFFIXES)
def test_plain_addresses_are_as_the_library_has_them(
    locals_: list[str], labels: list[str], suffix: str
) -> None:
    """An address that is accepted without the library is one that the library leaves as it is."""
    text = f"{'.'.join(locals_)}@{'.'.join([*labels, suffix])}"
    assert emails._PLAIN.fullmatch(text)
    if len(text) <= emails._PLAIN_LENGTH:
        assert emails.standardise(text, EmailCheck.ANY_DOMAIN) == text
        assert emails._standardise_syntax(f"{text}.com") == f"{text}.com"
