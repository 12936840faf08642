"""Pydantic models for what comes in, one module a noun."""
