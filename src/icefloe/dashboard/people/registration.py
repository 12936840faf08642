"""The registration form: a new person makes an account, by the one-time link or by an invitation."""

from icefloe.dashboard import rendering
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
        wrong["password"] = rendering.sentence(error)
    return wrong
