"""Tax numbers: whether one is right for a country, its compact form, and the name of its format.

python-stdnum knows most formats. Four it lacks are checked here, and three it has are checked a
little differently, because that is what the reference accepts:

- ca_gst_hst: a business number with its program account, 15 characters.
- ec_ruc: a company's number may lack a valid check digit; Ecuador issues such numbers
  (python-stdnum #497).
- tw_vat: since April 2023 the weighted sum of the digits need only be a multiple of 5, not of 10.
"""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

from icefloe.domain.values import errors, limits, spelling
from icefloe.domain.values.tax_id_formats import FORMATS, FORMATS_BY_COUNTRY, STDNUM_MODULES

_FORMATS = frozenset(FORMATS)

_SEPARATORS = str.maketrans("", "", " -.()")
_ACCOUNT_LENGTH = 15  # characters of a Canadian business number with its program account
# Province (01-24, or 30 for abroad), a 9 for companies, seven digits, 001 for the head office.
_ECUADORIAN_COMPANY = re.compile(r"(?:0[1-9]|1[0-9]|2[0-4]|30)9[0-9]{7}001")


class _Stdnum(Protocol):
    """A module of python-stdnum, as far as it is used here."""

    def compact(self, number: str) -> str: ...
    def validate(self, number: str) -> str: ...


@dataclass(frozen=True, slots=True)
class TaxID:
    """A tax number in its compact form, and the name of its format, such as `eu_vat`."""

    value: str
    format: str


class InvalidTaxID(errors.InvalidValue):
    """Invalid tax ID."""


def check_format(name: str) -> None:
    """See that there is a format of that name. Raises InvalidTaxID, with a hint."""
    if name not in _FORMATS:
        hint = spelling.hint(name, FORMATS)
        raise InvalidTaxID(f"must be the name of a format such as 'eu_vat'{hint}")


def validate(number: str, country: str) -> TaxID:
    """The tax number in compact form, with the first of the country's formats that it fits.

    A VAT number of one country of the European Union is right in each of them.

    Args:
        number: as a person writes it; spaces, dots and dashes are dropped as the format allows.
        country: ISO 3166-1 alpha-2, upper case.

    Raises:
        InvalidTaxID: the number fits no format of the country, or none of its formats is known.
    """
    if len(number) > limits.MAX_TAX_ID:
        raise InvalidTaxID
    for name in FORMATS_BY_COUNTRY.get(country, ()):
        read = _OWN_CHECKS.get(name)
        value = read(number) if read else _read_standard(number, name)
        if value is not None:
            return TaxID(value, name)
    raise InvalidTaxID


def _module(name: str) -> _Stdnum:
    # Each module brings its tables; loading only those asked for keeps starting up fast.
    return cast("_Stdnum", importlib.import_module(STDNUM_MODULES[name]))


def _read_standard(
    number: str, name: str, forgive_checksum: Callable[[str], bool] = lambda _: False
) -> str | None:
    """The number in the compact form python-stdnum gives it, or None where it does not fit.

    Args:
        number: as a person writes it.
        name: the format.
        forgive_checksum: whether a compact number with a wrong check digit fits all the same.
    """
    from stdnum import exceptions  # noqa: PLC0415 - see _module

    module = _module(name)
    try:
        return module.validate(number)
    except exceptions.InvalidChecksum:
        compact = module.compact(number)
        return compact if forgive_checksum(compact) else None
    except ValueError:  # stdnum's other errors, and those of int() inside its modules
        return None


def _read_digits(pattern: str) -> Callable[[str], str | None]:
    """A check without check digit: group 1 of the pattern, separators aside, is the number."""
    compiled = re.compile(pattern, re.IGNORECASE)

    def read(number: str) -> str | None:
        found = compiled.fullmatch(number.translate(_SEPARATORS).strip())
        return found[1] if found else None

    return read


def _read_canadian_account(number: str) -> str | None:
    compact = _read_standard(number, "ca_gst_hst")
    return compact if compact is not None and len(compact) == _ACCOUNT_LENGTH else None


def _read_ecuadorian(number: str) -> str | None:
    return _read_standard(
        number,
        "ec_ruc",
        forgive_checksum=lambda compact: _ECUADORIAN_COMPANY.fullmatch(compact) is not None,
    )


def _read_taiwanese(number: str) -> str | None:
    return _read_standard(number, "tw_vat", forgive_checksum=_fits_new_taiwanese_rule)


def _fits_new_taiwanese_rule(compact: str) -> bool:
    from stdnum.tw import ubn  # noqa: PLC0415 - see _module

    total = ubn.calc_checksum(compact)
    # A 7 in the seventh place counts as 1 or as 0: 4 times 7 is 28, 2 and 8 are 10.
    return total % 5 == 0 or (compact[6] == "7" and (total + 1) % 5 == 0)


_OWN_CHECKS: dict[str, Callable[[str], str | None]] = {
    "ae_trn": _read_digits(r"([0-9]{15})"),
    "ca_gst_hst": _read_canadian_account,
    "ec_ruc": _read_ecuadorian,
    "ge_vat": _read_digits(r"(?:GE)?([0-9]{9}(?:[0-9]{2})?)"),
    "hk_br": _read_digits(r"([0-9]{8})"),
    "mu_tan": _read_digits(r"([23][0-9]{7})"),
    "tw_vat": _read_taiwanese,
}
