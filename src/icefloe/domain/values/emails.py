"""E-mail addresses: which are accepted, how they are standardised, and why others are refused.

The reference reads an address with Pydantic's `EmailStr` (2.13) and then looks its domain up in
DNS. Both end in the `email-validator` library, which this module calls itself: the domain knows no
framework, and what is refused here is refused in the same words whatever Pydantic is installed.
"""

import asyncio
import functools
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from icefloe.domain.values import errors

if TYPE_CHECKING:
    from dns.resolver import Resolver

T = TypeVar("T")

LOOK_UPS_AT_ONCE = 16
"""How many threads of a process wait for DNS at most, each for up to 15 seconds."""

_MAX_LENGTH = 2048  # characters, with a display name: the limit of Pydantic's EmailStr

# `Joe <joe@example.com>`: plain words or anything in double quotes, then the address. A word with a
# full stop, as in `Dr. Joe`, needs the quotes.
_WORD = r"[\w!#$%&'*+\-/=?^_`{|}~]+"
_WITH_DISPLAY_NAME = re.compile(rf'\s*(?:{_WORD}(?:\s+{_WORD})*|"[\s\S]+")?\s*<(.+)>\s*')

# Addresses that are accepted as they are, which most are: found out in a tenth of the time. No limit of
# the library's is below this length (characters), and none of its exceptions has this form.
_PLAIN_LENGTH = 64
_LOCAL = r"[A-Za-z0-9_+-]+"
_LABEL = "[a-z0-9]+(?:-[a-z0-9]+)*"
_PLAIN = re.compile(rf"{_LOCAL}(?:\.{_LOCAL})*@(?:{_LABEL}\.)+[a-z]{{2,}}")

# Appended to a domain to learn whether it would be well-formed below a public suffix.
_PUBLIC_SUFFIX = ".com"


class EmailCheck(StrEnum):
    """How much of an address is checked."""

    DNS = "dns"
    """As the reference: the domain must be found in DNS and take mail. Waits for the network."""
    SYNTAX = "syntax"
    """The address must be well-formed and its domain a public one; nothing is looked up."""
    ANY_DOMAIN = "any-domain"
    """The address must be well-formed; `.test`, `.local` and `localhost` are domains too."""


class InvalidEmail(errors.InvalidValue):
    """The text is not an e-mail address.

    Attributes:
        reason: a sentence for the client, such as "An email address must have an @-sign."
    """

    def __init__(self, reason: str, *, subject: str = "value") -> None:
        super().__init__(f"{subject} is not a valid email address: {reason}")
        self.reason = reason


class UndeliverableEmail(InvalidEmail):
    """The address is well-formed, but no mail can reach its domain.

    Attributes:
        email: the address.
    """

    def __init__(self, email: str, reason: str) -> None:
        super().__init__(reason, subject=email)
        self.email = email


def standardise(text: str, check: EmailCheck = EmailCheck.SYNTAX) -> str:
    """The address in `text`, as it is stored.

    White space and a display name around it are dropped; the domain is lower-cased and shown in
    Unicode rather than Punycode; the part before the @-sign keeps its case, in Unicode's NFC.

    Raises:
        InvalidEmail: `text` holds no address that `check` accepts.
        UndeliverableEmail: with EmailCheck.DNS, the domain takes no mail.
    """
    if len(text) > _MAX_LENGTH:
        raise InvalidEmail(f"Length must not exceed {_MAX_LENGTH} characters")
    decorated = _WITH_DISPLAY_NAME.fullmatch(text)
    address = (decorated[1] if decorated else text).strip()
    if check is EmailCheck.ANY_DOMAIN:
        return _standardise_any_domain(address)
    email = _standardise_syntax(address)
    if check is EmailCheck.DNS:
        check_deliverability(email)
    return email


def check_deliverability(email: str) -> None:
    """Looks the address's domain up in DNS; waits up to 15 seconds for an answer.

    A domain whose name servers do not answer passes, as with the reference.

    Raises:
        UndeliverableEmail: the domain does not exist or takes no mail.
    """
    # Only this setting needs the DNS client, which takes 100 ms to load.
    import email_validator  # noqa: PLC0415

    try:
        email_validator.validate_email(email, check_deliverability=True, dns_resolver=_resolver())
    except email_validator.EmailNotValidError as error:
        raise UndeliverableEmail(email, str(error)) from error


async def run_look_up(work: Callable[[], T]) -> T:
    """The result of work that looks addresses up, in one of the threads that only such work uses.

    Look-ups wait for the network, and many may wait at once. When every thread is in use, the next
    look-up waits for one; other work that runs in threads does not.
    """
    return await asyncio.get_running_loop().run_in_executor(_look_up_threads(), work)


@functools.cache
def _look_up_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(LOOK_UPS_AT_ONCE, thread_name_prefix="icefloe-dns")


@functools.cache
def _resolver() -> "Resolver":
    """The DNS client, which caches answers for their time to live."""
    from email_validator import caching_resolver  # noqa: PLC0415 - see check_deliverability

    return caching_resolver()


def _standardise_syntax(address: str) -> str:
    # Imported late: its Unicode tables take 35 ms to load.
    import email_validator  # noqa: PLC0415

    try:
        return email_validator.validate_email(address, check_deliverability=False).normalized
    except email_validator.EmailNotValidError as error:
        raise InvalidEmail(str(error)) from error


def _standardise_any_domain(address: str) -> str:
    """The address, even if the library refuses its domain because it is not public.

    The library has no switch for that, so the domain is validated as a subdomain of a public one.
    """
    try:
        return _standardise_syntax(address)
    except InvalidEmail:
        try:
            below_public_suffix = _standardise_syntax(address + _PUBLIC_SUFFIX)
        except InvalidEmail:
            pass
        else:
            return below_public_suffix.removesuffix(_PUBLIC_SUFFIX)
        raise
