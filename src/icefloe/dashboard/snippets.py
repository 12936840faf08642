"""Code to paste, with a server's address and a token in it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snippet:
    """A few lines of code.

    Attributes:
        id: names it on the page.
        title: the language, and for which client.
        code: the lines.
    """

    id: str
    title: str
    code: str


def snippets_of(url: str, token: str) -> list[Snippet]:
    """How to list customers, for every client there is.

    Args:
        url: where the server is, without a path.
        token: what to show it.
    """
    return [
        Snippet(id_, title, code.replace("{url}", url).replace("{token}", token))
        for id_, title, code in _SNIPPETS
    ]


_SNIPPETS = (
    (
        "curl",
        "curl",
        """\
curl -H 'Authorization: Bearer {token}' \\
  '{url}/v1/customers/?limit=3'""",
    ),
    (
        "python-1",
        "Python, polar-sdk 1.x",
        """\
from polar.v2026_10 import Polar

with Polar("{token}", base_url="{url}") as polar:
    for customer in polar.customers.iter_list(limit=100):
        print(customer.name, customer.email)""",
    ),
    (
        "python-0",
        "Python, polar-sdk 0.x",
        """\
from polar_sdk import Polar

with Polar(server_url="{url}", access_token="{token}") as polar:
    res = polar.customers.list(limit=100)
    while res is not None:
        for customer in res.result.items:
            print(customer.name, customer.email)
        res = res.next()""",
    ),
    (
        "typescript-1",
        "TypeScript, @polar-sh/sdk 1.x",
        """\
import { createPolar } from "@polar-sh/sdk/2026-10";

const polar = createPolar({ baseUrl: "{url}", accessToken: "{token}" });
for await (const customer of polar.customers.iterList({ limit: 100 })) {
  console.log(customer.name, customer.email);
}""",
    ),
    (
        "typescript-0",
        "TypeScript, @polar-sh/sdk 0.x",
        """\
import { Polar } from "@polar-sh/sdk";

const polar = new Polar({ serverURL: "{url}", accessToken: "{token}" });
for await (const page of await polar.customers.list({ limit: 100 })) {
  for (const customer of page.result.items) console.log(customer.name, customer.email);
}""",
    ),
)
