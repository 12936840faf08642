"""Lanternfish, a small service that people sign up for; Polar bills its customers."""
