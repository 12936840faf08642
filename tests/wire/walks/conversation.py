"""How a program talks to the tests: a line of JSON says what to do, a line of JSON what was seen."""

import asyncio
import contextlib
import inspect
import json
import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

Act = Callable[..., Any]
# One loop for all that is asynchronous: a client's connections belong to the loop they began in.
_RUNNER = asyncio.Runner()


def run(walk: Coroutine[Any, Any, Any]) -> Any:
    """Run what is asynchronous to its end."""
    return _RUNNER.run(walk)


def finish(answer: Any) -> Any:
    """What a method gave: at once, or by a coroutine that is run to its end."""
    return run(answer) if inspect.iscoroutine(answer) else answer


def collect(answers: Any) -> list[Any]:
    """All that an iterator yields, whether it is an asynchronous one or not."""

    async def collect_async() -> list[Any]:
        return [answer async for answer in answers]

    return run(collect_async()) if inspect.isasyncgen(answers) else list(answers)


def find_methods(
    polar: Any,
    kinds: tuple[type, ...],
    names: tuple[str, ...] = ("customers", "members", "organizations", "webhooks"),
) -> list[str]:
    """The public methods of some namespaces, and of those in them.

    Args:
        polar: the client's object.
        kinds: the client's classes that namespaces are made from.
        names: the namespaces; a client may lack some.
    """
    found = []
    left = [(name, getattr(polar, name)) for name in names if hasattr(polar, name)]
    while left:
        path, namespace = left.pop()
        found += [
            f"{path}.{name}"
            for name, _ in inspect.getmembers(namespace, inspect.isroutine)
            if not name.startswith("_")
        ]
        left += [
            (f"{path}.{name}", value)
            for name, value in vars(namespace).items()
            if isinstance(value, kinds) and value is not polar
        ]
    return found


def converse(
    connect: Callable[[Mapping[str, Any]], Any],
    acts: tuple[Act, ...],
    tell: Callable[[Exception], dict[str, Any]],
) -> None:
    """Do what each line of stdin asks for, until it ends.

    Args:
        connect: options → the client's object; asked once for the same options.
        acts: what can be asked for, by the functions' names: object, arguments → what was seen.
        tell: an exception → the `status` and `body` that it holds.
    """
    by_name = {act.__name__: act for act in acts}
    connected: dict[str, Any] = {}
    answers = sys.stdout
    # A client that prints would be heard as an answer.
    with contextlib.redirect_stdout(sys.stderr):
        for line in sys.stdin:
            request = json.loads(line)
            key = json.dumps(request["polar"])
            try:
                if key not in connected:
                    connected[key] = connect(request["polar"])
                saw = by_name[request["act"]](connected[key], **request["arguments"])
                answer = {"saw": saw}
            except Exception as error:  # noqa: BLE001 - whatever a client raises is the case
                answer = {"raised": _names(error) | tell(error)}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


def _names(error: Exception) -> dict[str, Any]:
    of_anybody = {Exception, BaseException, object}
    bases = [base.__name__ for base in type(error).__mro__[1:] if base not in of_anybody]
    return {"name": type(error).__name__, "bases": bases, "message": str(error)}
