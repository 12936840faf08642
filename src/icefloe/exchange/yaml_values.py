"""YAML: values with the lines they stand on, by the core schema of YAML 1.2, which is JSON's.

By YAML 1.1, which PyYAML follows, `NO` is false, `12:30` is 750 and `2027-01-01` is no text. Here
only null, true, false and numbers are not text, as in JSON.
"""

import re
from collections.abc import Callable
from typing import Any, ClassVar

import yaml

# With libyaml, where the package has it, a file is read ten times as fast.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_TAG = "tag:yaml.org,2002:"
_CORE = (
    ("null", re.compile(r"~|null|Null|NULL|"), ("~", "n", "N", "")),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE"), tuple("tTfF")),
    ("int", re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"), tuple("-+0123456789")),
    (
        "float",
        re.compile(
            r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
        ),
        tuple("-+.0123456789"),
    ),
)


class NotYaml(ValueError):
    """The text is not YAML, or not of the kind that is read here.

    Attributes:
        line: where, counted from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class _CoreLoader(_Loader):  # type: ignore[misc]  # one of two classes
    """Composes nodes whose tags are the core schema's."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}


class _CoreDumper(_Dumper):  # type: ignore[misc]  # one of two classes
    """Quotes every text that YAML 1.1 or 1.2 would take for something else."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the base class's form
        """Write what comes again once more: an alias is hard to read."""
        return True


for _name, _pattern, _beginnings in _CORE:
    _whole = re.compile(f"(?:{_pattern.pattern})$")
    _CoreLoader.add_implicit_resolver(_TAG + _name, _whole, list(_beginnings))
    # Behind those of YAML 1.1 that are there already.
    _CoreDumper.add_implicit_resolver(_TAG + _name, _whole, list(_beginnings))


def read(text: str) -> tuple[Any, Callable[[tuple[str | int, ...]], int]]:
    """The value that a document is, and what gives the line on which a place in it stands.

    A mapping's keys are text, as they are written; none may be there twice.

    Raises:
        NotYaml: says why, and on which line.
    """
    try:
        root = yaml.compose(text, Loader=_CoreLoader)
        value = None if root is None else _Construction().construct(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYaml(str(error.problem), 1 if mark is None else mark.line + 1) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYaml(f"{error.reason}: {chr(error.character)!a}", line) from error
    except RecursionError as error:
        raise NotYaml("values within values, too many deep", 1) from error
    return value, lambda place: _find_line(root, place)


def render(value: object) -> str:
    """A value as YAML, in the order of its keys."""
    text: str = yaml.dump(
        value, Dumper=_CoreDumper, sort_keys=False, allow_unicode=True, default_flow_style=False
    )
    return text


class _Construction:
    """Makes values of nodes; what an alias repeats is made once."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}
        self._under_way: set[int] = set()

    def construct(self, node: Any) -> Any:
        """The value of a node. Raises NotYaml."""
        key = id(node)
        if key in self._made:
            return self._made[key]
        if key in self._under_way:
            raise NotYaml("a value that is a part of itself", _line(node))
        self._under_way.add(key)
        self._made[key] = value = self._construct(node)
        self._under_way.discard(key)
        return value

    def _construct(self, node: Any) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            _check_tag(node, "seq")
            return [self.construct(item) for item in node.value]
        _check_tag(node, "map")
        values: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise NotYaml("a key that is not text", _line(key))
            if key.value in values:
                raise NotYaml(f"the key {key.value!r} is there twice", _line(key))
            values[key.value] = self.construct(value)
        return values


def _scalar(node: Any) -> Any:
    name, text = node.tag.removeprefix(_TAG), node.value
    if name == "str":
        return text
    if name == "null":
        return None
    try:
        if name == "bool":
            return {"true": True, "false": False}[text.lower()]
        if name == "int":
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            number = int(text, base)
            str(number)  # as hexadecimal it may be longer than a number in JSON can be
            return number
        if name == "float":
            return float(re.sub(r"\.(?=[in])", "", text.lower()))
    except (ValueError, KeyError) as error:
        raise NotYaml(f"not {_KINDS[name]}", _line(node)) from error
    raise NotYaml(f"the tag {node.tag} is not known here", _line(node))


_KINDS = {
    "bool": "true or false",
    "int": "a whole number of at most 4,300 digits",
    "float": "a number",
}


def _check_tag(node: Any, name: str) -> None:
    if node.tag != _TAG + name:
        raise NotYaml(f"the tag {node.tag} is not known here", _line(node))


def _line(node: Any) -> int:
    line: int = node.start_mark.line + 1
    return line


def _find_line(node: Any, place: tuple[str | int, ...]) -> int:
    """The line of a place: that of its key, or of the item; of what there is of it otherwise."""
    line = 1 if node is None else _line(node)
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == step), None)
            if found is None:
                break
            line, node = _line(found[0]), found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            if step >= len(node.value):
                break
            node = node.value[step]
            line = _line(node)
        else:
            break
    return line
