"""Customer metadata: its canonical form, and the text by which filters compare a value.

The reference stores metadata as PostgreSQL `jsonb`. Two things follow that clients can see: keys come
back ordered by length and then by bytes, and numbers come back as `numeric` writes them (`1e21`
becomes `1000000000000000000000`, `-0.0` becomes `0.0`, `1.0` stays `1.0`). A filter compares the text
of the JSON value: `5` and `"5"` are both found by `5`, `5.0` is not.
"""

from collections.abc import Mapping
from decimal import Decimal

MAX_KEYS = 50
"""How many keys a customer's metadata may have."""

MetadataValue = str | int | float | bool
Metadata = Mapping[str, MetadataValue]


def canonical(metadata: Metadata) -> Metadata:
    """The same metadata in the order and with the numbers that the reference reads back.

    The same object if it is canonical already, as metadata that was read back is.
    """
    if not metadata:
        return metadata
    # Among keys of one length, code points have the order of their bytes in UTF-8.
    ordered = sorted(sorted(metadata), key=len if "".join(metadata).isascii() else _length_in_bytes)
    if ordered == list(metadata) and float not in map(type, metadata.values()):
        return metadata
    return {key: _canonical_value(metadata[key]) for key in ordered}


def text_of(value: MetadataValue) -> str:
    """The text by which filters compare a value: that of its JSON form, without quotes."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return _digits(value)


def _length_in_bytes(text: str) -> int:
    return len(text.encode())


def _canonical_value(value: MetadataValue) -> MetadataValue:
    if not isinstance(value, float):
        return value
    digits = _digits(value)
    if "." not in digits:
        return int(digits)
    return value or 0.0  # a zero has no sign there


def _digits(number: float) -> str:
    """The number without an exponent: `1e-07` is `0.0000001`, `1e+21` has 22 digits."""
    shown = repr(number)
    if "e" in shown:
        return format(Decimal(shown), "f")
    return "0.0" if shown == "-0.0" else shown
