"""What is set from outside."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set from outside.

    Attributes:
        polar_token: an organization access token with `customers:read` and `customers:write`.
        admin_password: what the admin page asks for.
        webhook_secret: what Polar signs webhooks with.
        polar_url: where Polar's API is; without it, Polar's own.
        database: the file of the accounts.
    """

    polar_token: str
    admin_password: str
    webhook_secret: str
    polar_url: str | None = None
    database: str = "accounts.db"

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The settings of this environment. Raises KeyError where one is missing that must be."""
        return cls(
            polar_token=environment["POLAR_ACCESS_TOKEN"],
            admin_password=environment["ADMIN_PASSWORD"],
            webhook_secret=environment["POLAR_WEBHOOK_SECRET"],
            polar_url=environment.get("POLAR_URL") or None,
            database=environment.get("ACCOUNTS", "accounts.db"),
        )
