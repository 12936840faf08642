"""A suite of tests as a user's project has them, that another pytest runs."""

from collections.abc import Callable

import pytest

SETTINGS = """\
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
addopts = --strict-markers -p no:cacheprovider -p no:schemathesis
"""

Run = Callable[..., pytest.RunResult]
