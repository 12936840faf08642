"""Faults: errors, delays and cut connections that a test asks for."""
