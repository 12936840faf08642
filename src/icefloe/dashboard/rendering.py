"""Pages from templates: the environment, its filters, and the files that pages load."""

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from icefloe.dashboard import amounts
from icefloe.dashboard.mount import PATH
from icefloe.domain.values import errors

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
_MINUTE = 60
_MACROS = ("icons", "forms", "tables", "empty", "plots")
_SPANS = (
    (timedelta(days=365), "year"),
    (timedelta(days=30), "month"),
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load: a style, a script, a picture."""

    body: bytes
    content_type: str
    digest: str


class Templates:
    """Renders templates, with what all of them need."""

    def __init__(self, now: Callable[[], datetime], root: str = PATH) -> None:
        """Make it.

        Args:
            now: the present moment, for times such as "3 hours ago".
            root: the path of the dashboard as browsers have it.
        """
        self._now = now
        self._root = root
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader("icefloe.dashboard"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals |= {"static": self.static, "root": root}
        self._environment.filters |= {
            "number": number,
            "plural": plural,
            "short": short,
            "quantity": quantity,
            "at": datetime.fromisoformat,
            "money": amounts.money,
            "interval": amounts.describe_interval,
            "price": amounts.describe_price,
            "prices": amounts.describe_prices,
            "day": day,
            "moment": moment,
            "ago": self.ago,
            "initials": initials,
        }
        # To all templates, and to a block that is rendered alone.
        for name in _MACROS:
            self._environment.globals[name] = self._environment.get_template(f"{name}.html").module

    def prepare(self) -> None:
        """Compile all templates, so that no page waits for its own."""
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def render(self, name: str, values: dict[str, Any], block: str | None = None) -> str:
        """A template's text, or that of one of its blocks alone, for htmx to put into a page."""
        template = self._environment.get_template(name)
        if block is None:
            return template.render(values)
        return "".join(template.blocks[block](template.new_context(values)))

    def static(self, name: str) -> str:
        """The address of a file that pages load, which changes with the file's content."""
        return f"{self._root}/static/{name}?v={_assets()[name].digest}"

    def ago(self, value: datetime | None) -> Markup:
        """How far a moment is from now, in words; the moment itself is the tooltip."""
        if value is None:
            return Markup("never")
        span = self._now() - value
        # An expiry of 30 days that was set just now is shown as 30 days, not 29.
        text = _in_words(span if span >= timedelta() else timedelta(minutes=1) - span)
        if text != "just now":
            text = f"in {text}" if span < timedelta() else f"{text} ago"
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            value.isoformat(), _exactly(value), text
        )


def number(value: int) -> str:
    """A number with its thousands apart."""
    return f"{value:,}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """A number of things: `1 customer`, `2 customers`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def short(value: float) -> str:
    """A number with the three decimals that a screen can show, or fewer."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def quantity(value: float) -> str:
    """A number of units with its thousands apart, and as many digits as it has, up to twelve."""
    return f"{value:,.12g}"


def day(value: datetime | None) -> Markup:
    """A moment's day, as `23 Nov 2026`."""
    if value is None:
        return Markup("—")
    at = value.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        value.isoformat(), _exactly(value), f"{at.day} {at:%b %Y}"
    )


def moment(value: datetime | None) -> Markup:
    """A moment to the second, in UTC."""
    if value is None:
        return Markup("—")
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), _exactly(value))


def initials(text: str) -> str:
    """Up to two letters that stand for a name or an address."""
    words = text.partition("@")[0].replace(".", " ").replace("-", " ").split()
    letters = [word[0] for word in words if word[0].isalnum()]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "?"


@functools.cache
def _assets() -> dict[str, Asset]:
    """All files that pages load, by name."""
    found = {}
    for file in resources.files("icefloe.dashboard").joinpath("static").iterdir():
        body = file.read_bytes()
        digest = hashlib.sha256(body).hexdigest()[:12]
        found[file.name] = Asset(body, _TYPES[file.name.rpartition(".")[2]], digest)
    return found


def find_asset(name: str) -> Asset | None:
    """A file that pages load, by its name."""
    return _assets().get(name)


def in_words(seconds: int) -> str:
    """A span of time: `40 seconds`, `3 minutes`, never less than it is."""
    return (
        plural(seconds, "second") if seconds < _MINUTE else plural(-(-seconds // _MINUTE), "minute")
    )


def _exactly(value: datetime) -> str:
    at = value.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M:%S} UTC"


def _in_words(span: timedelta) -> str:
    for unit, name in _SPANS:
        count = span // unit
        if count:
            return f"{count} {name}" + ("" if count == 1 else "s")
    return "just now"


def sentence(error: errors.IcefloeError) -> str:
    """What the domain says of a value, as a sentence for people."""
    text = str(error)
    return text[:1].upper() + text[1:].removesuffix(".") + "."
