"""Made-up tax numbers whose check digits are right.

The digits are drawn at random: a match with a real company's number is a coincidence. The check digits
are computed here because python-stdnum exports them for fewer than half of these countries, and for
two of those gives a digit where authorities skip the number; the sample would change.
"""

from collections.abc import Callable, Sequence

from icefloe.sample import draws


def tax_id(country: str, draw: draws.Draws) -> list[str] | None:
    """The wire form, [value, format], of a number of `country`; None if its rules are not here."""
    if country not in _KINDS:
        return None
    kind, make = _KINDS[country]
    return [make(draw), kind]


def _weighted(digits: str, weights: Sequence[int]) -> int:
    """The sum of each digit times its weight."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def _drawn(draw: draws.Draws, length: int, check: Callable[[str], int]) -> str:
    """`length` digits and the one digit that `check` computes from them."""
    while True:
        digits = draw.digits(length)
        check_digit = check(digits)
        # Authorities skip the numbers whose check "digit" would be 10.
        if check_digit <= 9:  # noqa: PLR2004 - the largest digit
            return f"{digits}{check_digit}"


def _modulo_11(*weights: int) -> Callable[[str], int]:
    """The check digit that makes the weighted sum a multiple of eleven."""
    return lambda digits: -_weighted(digits, weights) % 11


def _luhn(digits: str) -> int:
    """ISO/IEC 7812's check digit: from the right, every other digit counts double."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[::-2])
    return -(sum(doubled) + sum(int(digit) for digit in digits[-2::-2])) % 10


def _iso_7064(digits: str) -> int:
    """ISO/IEC 7064's check digit, modulus 11,10."""
    remainder = 5
    for digit in digits:
        remainder = ((remainder or 10) * 2) % 11
        remainder = (remainder + int(digit)) % 10
    return (1 - ((remainder or 10) * 2) % 11) % 10


def _argentina(draw: draws.Draws) -> str:
    check = _modulo_11(5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    return "30" + _drawn(draw, 8, lambda digits: check(f"30{digits}"))


def _australia(draw: draws.Draws) -> str:
    digits = draw.digits(9)
    check = 11 + (-_weighted(digits, range(3, 20, 2)) - 1) % 89
    return f"{check}{digits}"


def _austria(draw: draws.Draws) -> str:
    # The sum is Luhn's, yet the seventh digit counts once, and 96 is what to complete it to.
    digits = draw.digits(7)
    return f"ATU{digits}{(6 - int(digits[-1]) + _luhn(digits[:-1])) % 10}"


def _belgium(draw: draws.Draws) -> str:
    digits = draw.digits(7)
    return f"BE0{digits}{97 - int(digits) % 97:02}"


def _brazil(draw: draws.Draws) -> str:
    digits = f"{draw.digits(8)}0001"
    for weights in ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)):
        digits += str(-_weighted(digits, weights) % 11 % 10)
    return digits


def _canada(draw: draws.Draws) -> str:
    return _drawn(draw, 8, _luhn) + "RT0001"


def _denmark(draw: draws.Draws) -> str:
    return "DK" + _drawn(draw, 7, _modulo_11(2, 7, 6, 5, 4, 3, 2))


def _finland(draw: draws.Draws) -> str:
    return "FI" + _drawn(draw, 7, _modulo_11(7, 9, 10, 5, 8, 4, 2))


def _france(draw: draws.Draws) -> str:
    siren = _drawn(draw, 8, _luhn)
    return f"FR{(12 + 3 * int(siren)) % 97:02}{siren}"


def _germany(draw: draws.Draws) -> str:
    return "DE" + _drawn(draw, 8, _iso_7064)


def _greece(draw: draws.Draws) -> str:
    powers = [2**exponent for exponent in range(8, 0, -1)]
    # Europe's prefix for Greece is the language's, not the country's.
    return "EL" + _drawn(draw, 8, lambda digits: _weighted(digits, powers) % 11 % 10)


def _iceland(draw: draws.Draws) -> str:
    return draw.digits(6)


def _israel(draw: draws.Draws) -> str:
    return "51" + _drawn(draw, 6, lambda digits: _luhn(f"51{digits}"))


def _italy(draw: draws.Draws) -> str:
    # 015 is the tax office of Milan.
    digits = f"{draw.digits(7)}015"
    return f"IT{digits}{_luhn(digits)}"


def _japan(draw: draws.Draws) -> str:
    digits = draw.digits(12)
    return f"{9 - _weighted(digits, (2, 1) * 6) % 9}{digits}"


def _korea(draw: draws.Draws) -> str:
    # The fourth and fifth digit say that it is a company.
    digits = f"{draw.between(101, 699)}{draw.pick(('81', '86', '87', '88'))}{draw.digits(4)}"
    carried = int(digits[8]) * 5 // 10
    return f"{digits}{-(_weighted(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5)) + carried) % 10}"


def _mexico(draw: draws.Draws) -> str:
    letters = "".join(draw.pick("BCDFGHJKLMNPRSTV") for _ in range(3))
    founded = f"{draw.between(0, 24):02}{draw.between(1, 12):02}{draw.between(1, 28):02}"
    digits = f"{letters}{founded}{draw.pick('123456789ABCDEFGHIJKLMNPQRSTUV')}{draw.between(1, 9)}"
    alphabet = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ "
    # A person's number has one letter more; a company's counts as if it began with a space.
    values = (alphabet.index(character) for character in f" {digits}")
    check = (
        -sum(value * weight for value, weight in zip(values, range(13, 1, -1), strict=True)) % 11
    )
    return f"{digits}{alphabet[check]}"


def _netherlands(draw: draws.Draws) -> str:
    def check(digits: str) -> int:
        return _weighted(digits, range(9, 1, -1)) % 11

    return f"NL{_drawn(draw, 8, check)}B01"


def _new_zealand(draw: draws.Draws) -> str:
    return _drawn(draw, 7, lambda digits: -_weighted(digits, (2, 7, 6, 5, 4, 3, 2)) % 11)


def _norway(draw: draws.Draws) -> str:
    check = _modulo_11(3, 2, 7, 6, 5, 4, 3, 2)
    return "9" + _drawn(draw, 7, lambda digits: check(f"9{digits}")) + "MVA"


def _poland(draw: draws.Draws) -> str:
    weights = (6, 5, 7, 2, 3, 4, 5, 6, 7)
    return "PL" + _drawn(draw, 9, lambda digits: _weighted(digits, weights) % 11)


def _portugal(draw: draws.Draws) -> str:
    weights = range(9, 1, -1)
    # 5 begins the numbers of companies.
    return "PT5" + _drawn(draw, 7, lambda digits: -_weighted(f"5{digits}", weights) % 11 % 10)


def _spain(draw: draws.Draws) -> str:
    # B begins the numbers of limited companies; the next two digits are a province.
    digits = f"{draw.between(1, 52):02}{draw.digits(5)}"
    return f"ESB{digits}{_luhn(digits)}"


def _sweden(draw: draws.Draws) -> str:
    # 55 begins the numbers of limited companies, 01 ends those of their only tax account.
    return "SE55" + _drawn(draw, 7, lambda digits: _luhn(f"55{digits}")) + "01"


def _switzerland(draw: draws.Draws) -> str:
    return "CHE" + _drawn(draw, 8, _modulo_11(5, 4, 3, 2, 7, 6, 5, 4)) + "MWST"


def _taiwan(draw: draws.Draws) -> str:
    weights = (1, 2, 1, 2, 1, 2, 4)

    def check(digits: str) -> int:
        products = (int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
        return -sum(sum(divmod(product, 10)) for product in products) % 10

    return _drawn(draw, 7, check)


def _thailand(draw: draws.Draws) -> str:
    # 0 begins the numbers of companies.
    def check(digits: str) -> int:
        return (1 - _weighted(f"0{digits}", range(2, -10, -1)) % 11) % 10

    return "0" + _drawn(draw, 11, check)


def _turkey(draw: draws.Draws) -> str:
    def check(digits: str) -> int:
        total = 0
        for place, digit in enumerate(reversed(digits), 1):
            shifted = (int(digit) + place) % 10
            total += (shifted * 2**place % 9 or 9) if shifted else 0
        return -total % 10

    return _drawn(draw, 9, check)


def _united_kingdom(draw: draws.Draws) -> str:
    digits = draw.digits(7)
    return f"{digits}{97 - _weighted(digits, range(8, 1, -1)) % 97:02}"


def _united_states(draw: draws.Draws) -> str:
    # The first two digits name an office, and these are among those in use.
    return draw.pick(("20", "27", "36", "47", "82", "91")) + draw.digits(7)


_KINDS: dict[str, tuple[str, Callable[[draws.Draws], str]]] = {
    "AR": ("ar_cuit", _argentina),
    "AT": ("eu_vat", _austria),
    "AU": ("au_abn", _australia),
    "BE": ("eu_vat", _belgium),
    "BR": ("br_cnpj", _brazil),
    "CA": ("ca_gst_hst", _canada),
    "CH": ("ch_vat", _switzerland),
    "DE": ("eu_vat", _germany),
    "DK": ("eu_vat", _denmark),
    "ES": ("eu_vat", _spain),
    "FI": ("eu_vat", _finland),
    "FR": ("eu_vat", _france),
    "GB": ("gb_vat", _united_kingdom),
    "GR": ("eu_vat", _greece),
    "IL": ("il_vat", _israel),
    "IS": ("is_vat", _iceland),
    "IT": ("eu_vat", _italy),
    "JP": ("jp_cn", _japan),
    "KR": ("kr_brn", _korea),
    "MX": ("mx_rfc", _mexico),
    "NL": ("eu_vat", _netherlands),
    "NO": ("no_vat", _norway),
    "NZ": ("nz_gst", _new_zealand),
    "PL": ("eu_vat", _poland),
    "PT": ("eu_vat", _portugal),
    "SE": ("eu_vat", _sweden),
    "TH": ("th_vat", _thailand),
    "TR": ("tr_tin", _turkey),
    "TW": ("tw_vat", _taiwan),
    "US": ("us_ein", _united_states),
}
