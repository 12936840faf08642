"""The errors of the domain: the tree that their module shows is theirs."""

import inspect
import re

from icefloe.domain.values import errors


def test_tree() -> None:
    """The drawing in the module's docstring has every error, each below what it derives from."""
    drawn: list[tuple[str, str]] = []
    above: list[str] = []
    for indent, name in re.findall(
        r"^([│ ]*(?:[├└]── )?)([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE
    ):
        depth = len(indent) // 4
        above[depth:] = [name]
        if depth:
            drawn.append((name, above[depth - 1]))
    classes = [
        (name, found.__bases__[0].__name__)
        for name, found in inspect.getmembers(errors, inspect.isclass)
        if issubclass(found, errors.IcefloeError) and found is not errors.IcefloeError
    ]

    assert sorted(drawn) == sorted(classes)
