"""Faults: what goes wrong on purpose between an application and its stand-in."""
