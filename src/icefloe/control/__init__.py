"""What a test may do to a server of its own: faults, older contracts, ended connections.

It stands around the API and never inside it: a request is read whole before the API sees it, an
answer before the client does.
"""
