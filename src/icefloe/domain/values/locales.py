"""Locales: IETF BCP 47 language tags in their standard spelling."""

from icefloe.domain.values import errors, limits

_LONGEST_LANGUAGE = 3


class InvalidLocale(errors.InvalidValue):
    """Invalid IETF BCP 47 language tag"""  # noqa: D415 - the contract's own words


def standardise(tag: str) -> str:
    """The tag as the registry writes it: `fr_fr` becomes `fr-FR`, `iw` becomes `he`.

    Raises:
        InvalidLocale: it is not a registered tag, or it names no language of two or three letters
            (`und`, `x-private`), or it is longer than any that is.
    """
    # Imported late: its tables take 40 ms to load.
    import langcodes  # noqa: PLC0415

    if len(tag) > limits.MAX_LOCALE or not langcodes.tag_is_valid(tag):
        raise InvalidLocale
    language = langcodes.Language.get(tag).language
    if language is None or len(language) > _LONGEST_LANGUAGE:
        raise InvalidLocale
    return langcodes.standardize_tag(tag)
