"""Webhooks: endpoints, what is queued for them, when it is attempted, and how it is signed."""
