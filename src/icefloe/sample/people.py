"""Who the sample's customers are: persons and companies, and their e-mail addresses."""

# ruff: noqa: RUF001 - Turkish has a dotless i

import functools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from icefloe.sample import draws, names

# Reserved by RFC 2606: no mail to these reaches anyone.
_DOMAINS = (
    *("example.com",) * 4,
    *("example.org",) * 2,
    *("example.net",) * 2,
    "mail.example.com",
    "mail.example.org",
    "post.example.net",
    "inbox.example.com",
    "students.example.org",
)

_MAILBOXES = (
    *("{given}.{family}",) * 4,
    *("{initial}{family}",) * 2,
    *("{given}",) * 2,
    "{initial}.{family}",
    "{given}_{family}",
    "{family}.{given}",
    "{given}-{family}",
    "{given}{year}",
    "{given}.{family}+billing",
)

_TEAM_MAILBOXES = ("billing", "accounts", "hello", "team", "office", "it", "finance")

# The letters that no Unicode decomposition takes to ASCII.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A person or a company, somewhere in the world."""

    name: str
    language: names.Language
    #: BCP 47, one of the language's.
    locale: str
    #: The family name, as an e-mail address writes it; a company's is its founder's.
    family: str
    #: The same of the given name; empty for a company.
    given: str = ""


def person(draw: draws.Draws) -> Party:
    """A person with a name of one of the languages."""
    language = draw.pick(_languages_by_weight())
    woman = draw.chance(50)
    families = language.families_of_women if woman else language.families
    given, latin_given = _pick_name(language.women if woman else language.men, draw)
    family, latin_family = _pick_name(families, draw)
    second, _ = _pick_name(families, draw)
    return Party(
        name=language.order.format(given=given, family=family, second=second),
        language=language,
        locale=draw.pick(language.locales),
        family=latin_family,
        given=latin_given,
    )


def company(draw: draws.Draws, language: names.Language | None = None) -> Party:
    """A company named after its founder, in `language` or in any."""
    language = language or draw.pick(_languages_by_weight())
    family, latin_family = _pick_name(language.families, draw)
    return Party(
        name=draw.pick(language.companies).format(family),
        language=language,
        locale=draw.pick(language.locales),
        family=latin_family,
    )


def email(party: Party, draw: draws.Draws, taken: set[str]) -> str:
    """An ASCII address that is not in `taken` in any letter case; adds it to `taken`."""
    mailbox, domain = _mailbox_and_domain(party, draw)
    address = f"{mailbox}@{domain}"
    while address.lower() in taken:
        mailbox += str(draw.between(1, 9))
        address = f"{mailbox}@{domain}"
    taken.add(address.lower())
    return address


def _mailbox_and_domain(party: Party, draw: draws.Draws) -> tuple[str, str]:
    """The two sides of the address that `party` has unless it is taken."""
    if not party.given:
        return draw.pick(_TEAM_MAILBOXES), f"{party.family}.{draw.pick(_DOMAINS[:8])}"
    given, family = party.given, party.family
    # Mailboxes keep their case, so some people's have capitals.
    if draw.chance(4):
        given, family = given.capitalize(), family.capitalize()
    mailbox = draw.pick(_MAILBOXES).format(
        given=given, family=family, initial=given[0], year=draw.between(1961, 2006)
    )
    return mailbox, draw.pick(_DOMAINS)


@functools.cache
def _languages_by_weight() -> tuple[names.Language, ...]:
    """Each language as many times as its weight, so that a draw respects weights."""
    return tuple(language for language in names.languages() for _ in range(language.weight))


def _pick_name(written_names: Sequence[str], draw: draws.Draws) -> tuple[str, str]:
    """One of the names as people write it, and as an e-mail address does."""
    written, _, latin = draw.pick(written_names).partition("=")
    return unicodedata.normalize("NFC", written), _ascii(latin or written)


def _ascii(name: str) -> str:
    """`name` in lower-case ASCII letters, without its accents, spaces and hyphens."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    return "".join(letter for letter in plain if "a" <= letter <= "z")
