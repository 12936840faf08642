"""Pydantic models: for what comes in, one module a noun; and, loaded late, for descriptions."""
