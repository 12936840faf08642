"""Which passwords are accepted, and how they are hashed."""

import pytest

from icefloe.domain.people.passwords import Passwords, check
from icefloe.domain.values import errors
from support import run

EMAIL = "ada@example.com"


@pytest.mark.parametrize(
    "password",
    [
        "password123", "Password1234", "P@ssw0rd2024!", "passwordpassword", "1234567890",
        "0987654321", "qwertyuiop", "qwertyuiop123", "1q2w3e4r5t", "aaaaaaaaaaaa", "letmein1234",
        "iloveyou123", "welcome2025!", "adminadmin", "abcdefghij", "zxcvbnm1234", "asdfghjkl1",
        "changeme123", "12345678901234567890", "administrator", "MyPassword!!", "dragondragon1",
        "ada@example.com", "ADA@example.com",
    ],
)  # fmt: skip
def test_common(password: str) -> None:
    """What everybody tries first is refused, however it is spelt, and so is the address."""
    with pytest.raises(errors.InvalidValue, match="first that others try"):
        check(password, EMAIL)


@pytest.mark.parametrize(
    "password",
    [
        "seven grey herons", "Tr0ub4dor&3x", "kq8#vbn2!z", "ñandú y búho",
        "monkey coffee dragon tiger", "五月雨を集めて早し最上川",
        "8205719364",
    ],
)  # fmt: skip
def test_good(password: str) -> None:
    """Whatever else is long enough is accepted, in any script."""
    check(password, EMAIL)


@pytest.mark.parametrize("password", ["", "q7!x", "kq8#vbn2!"])
def test_short(password: str) -> None:
    """A password has ten characters at least."""
    with pytest.raises(errors.InvalidValue, match="at least 10 characters"):
        check(password, EMAIL)


def test_long() -> None:
    """A password has 1,024 characters at most."""
    check("kq8#v" * 204, EMAIL)
    with pytest.raises(errors.InvalidValue, match="at most 1024 characters"):
        check("kq8#v" * 205, EMAIL)


def test_not_text() -> None:
    """Half of a character is no password."""
    with pytest.raises(errors.InvalidValue, match="is text"):
        check("kq8#vbn2!z\ud800", EMAIL)


def test_hash() -> None:
    """A hash is Argon2id's, another one each time, and knows its password again."""
    passwords = Passwords()
    first, second = (
        run(passwords.hash("seven grey herons")),
        run(passwords.hash("seven grey herons")),
    )

    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert run(passwords.is_right("seven grey herons", first))
    assert not run(passwords.is_right("seven grey heron", first))
    assert not run(passwords.is_right("seven grey herons", None))


def test_too_long_to_be_right() -> None:
    """A text longer than any password is wrong, whatever it begins with, and at once."""
    passwords = Passwords()
    longest = "kq8#v" * 204 + "kq8#"
    kept = run(passwords.hash(longest))

    assert run(passwords.is_right(longest, kept))
    assert not run(passwords.is_right(longest + "v", kept))
    # To bring as many accents into order takes an hour.
    assert not run(passwords.is_right("a" + "\u0301\u0327" * 500_000, kept))
    assert not run(passwords.is_right("a" + "\u0301\u0327" * 500_000, None))
