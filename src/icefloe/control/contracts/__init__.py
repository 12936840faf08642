"""Older contracts: a request and its answer rewritten, so that the API seems to be of an earlier time.

A contract never answers by itself: what a request would get then it gets from the API, by asking it
for something else. Each organization has a `Contract` of its own, which may remember what the API
cannot keep; it forgets that when the server ends.
"""
