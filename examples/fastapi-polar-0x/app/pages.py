"""The pages for people."""

from html import escape
from urllib.parse import urlencode

from app.billing import Page

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 52rem; padding: 0 1rem }
h1 { font-weight: 600 }
nav a { margin-right: 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #d8dee4; padding: .4rem .6rem; text-align: left }
"""


def render_customers(page: Page, plan: str | None) -> str:
    """The admin's page of customers."""
    rows = "".join(
        f"<tr><td>{escape(one.name)}</td><td>{escape(one.email)}</td>"
        f"<td>{escape(one.plan)}</td><td>{escape(one.since)}</td></tr>"
        for one in page.customers
    )
    whose = f"on the plan “{escape(plan)}”" if plan else "on all plans"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Customers</title>'
        f"<style>{_STYLE}</style><h1>Customers</h1>"
        f"<p>{page.total} {whose}</p><table>"
        f"<tr><th>Name</th><th>E-mail</th><th>Plan</th><th>Since</th></tr>{rows}</table>"
        f"<nav>{_link('Newer', page, -1, plan)}{_link('Older', page, 1, plan)}</nav></html>"
    )


def _link(words: str, page: Page, step: int, plan: str | None) -> str:
    number = page.number + step
    if not 1 <= number <= page.last:
        return ""
    query = urlencode({"page": number, **({"plan": plan} if plan else {})})
    return f'<a href="?{escape(query)}">{words}</a>'
