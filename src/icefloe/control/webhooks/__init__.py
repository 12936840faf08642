"""Webhooks in the stand-in: what was delivered, and what goes wrong on the way."""
