"""Webhooks: the statements of endpoints, of events that are queued for them, and of deliveries."""
