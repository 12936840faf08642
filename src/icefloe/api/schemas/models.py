"""What all schemas of requests are: Pydantic models that are built when the first value comes.

To build one takes 3 to 20 ms of processor, and a server has dozens of which it needs a few.
"""

import threading
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

_building = threading.Lock()


class Model(BaseModel):
    """A model that is built at its first use.

    Values go through `read`: Pydantic before 2.14 does not lock a model while it builds it, and
    look-ups of addresses validate on threads.
    """

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def read(
        cls,
        value: object,
        *,
        from_attributes: bool | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Self:
        """The value as this model. Raises ValidationError. Arguments as `model_validate`."""
        if not cls.__pydantic_complete__:
            with _building:
                cls.model_rebuild()
        return cls.model_validate(value, from_attributes=from_attributes, context=context)
