"""The form by which somebody new makes an account: by the one-time link, or by an invitation."""

from icefloe.dashboard.visits import Visit
from icefloe.domain.people import passwords
from icefloe.domain.values import emails, errors


def find_mistakes(visit: Visit) -> dict[str, str]:
    """What is wrong with the form that was sent, by the field."""
    email, password = visit.field("email"), visit.secret_field("password")
    wrong = {}
    try:
        emails.standardise(email, emails.EmailCheck.ANY_DOMAIN)
    except errors.InvalidValue:
        wrong["email"] = "Enter an e-mail address, such as ada@example.com."
    try:
        passwords.check(password, email)
    except errors.InvalidValue as error:
        wrong["password"] = sentence(error)
    return wrong


def sentence(error: errors.IcefloeError) -> str:
    """What the domain says of a value, as a sentence for people."""
    text = str(error)
    return text[:1].upper() + text[1:].removesuffix(".") + "."
