"""Postal addresses: all countries, the accepted ones, and the spelling of states."""

from dataclasses import dataclass

from icefloe.domain.values import errors

# ISO 3166-1 alpha-2, in the order the wire lists them.
_COUNTRY_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ
    EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW
    GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY
    KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV
    MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
    QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG
    TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM
    ZW
"""
_US_STATE_CODES = """
    AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM
    NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC
"""
_CANADIAN_CODES = "AB BC MB NB NL NS NT NU ON PE QC SK YT"

COUNTRIES = tuple(_COUNTRY_CODES.split())
"""Every country an address can show."""

_EMBARGOED = frozenset({"CU", "IR", "KP", "RU", "SY"})

ACCEPTED_COUNTRIES = tuple(code for code in COUNTRIES if code not in _EMBARGOED)
"""The countries a client may write: all but those under United States trade embargo."""

_PLACEHOLDER = "<string>"
_KNOWN = frozenset(COUNTRIES)
# Codes that people and other services write, and the ISO codes of the same countries.
_OTHER_CODES = {"UK": "GB", "EL": "GR"}

_US_STATES = frozenset(_US_STATE_CODES.split())
_CANADIAN_SUBDIVISIONS = frozenset(_CANADIAN_CODES.split())


class InvalidCountry(errors.InvalidValue):
    """The text is not the code of a country."""


class InvalidState(errors.InvalidValue):
    """The state is not one of its country's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; only the country is always known.

    Attributes:
        line1: the first line, such as street and number.
        line2: the second line.
        postal_code: in the country's own form.
        city: the city's name.
        state: `US-NY` or `CA-ON` in those two countries, free text elsewhere.
        country: ISO 3166-1 alpha-2, upper case.
    """

    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str


def check_country(code: str) -> None:
    """See that an address can show a country.

    Raises:
        InvalidCountry: it is not an ISO 3166-1 alpha-2 code in upper case; with a hint where one is
            probably meant.
    """
    if code not in _KNOWN:
        upper = code.strip().upper()
        meant = _OTHER_CODES.get(upper, upper)
        hint = f"; did you mean {meant!r}?" if meant in _KNOWN else " such as 'FR'"
        raise InvalidCountry(f"must be the two-letter code of a country{hint}")


def check_state(country: str, state: str | None) -> None:
    """See that a state is spelt as an address shows it.

    The customer of the reference's documentation, who is the demo's first, has no state's name there.

    Raises:
        InvalidState: it is not a state of its country, or lacks the country's prefix.
    """
    if state == _PLACEHOLDER:
        return
    standard = standardise_state(country, state)
    if standard != state:
        raise InvalidState(f"must begin with the country; did you mean {standard!r}?")


def standardise_state(country: str, state: str | None) -> str | None:
    """The state as it is stored: `NY` in the US becomes `US-NY`; letter case matters.

    For countries other than the US and Canada, any text is accepted.

    Raises:
        InvalidState: "Invalid US state" or "Invalid CA subdivision".
    """
    if state is None:
        return None
    if country == "US":
        return _prefixed(country, state, _US_STATES, "Invalid US state")
    if country == "CA":
        return _prefixed(country, state, _CANADIAN_SUBDIVISIONS, "Invalid CA subdivision")
    return state


def _prefixed(country: str, state: str, known: frozenset[str], complaint: str) -> str:
    code = state.removeprefix(f"{country}-")
    if code not in known:
        raise InvalidState(complaint)
    return f"{country}-{code}"
