"""Pydantic models of what requests hold: a module for each noun, and what they share."""
