"""Backends: which clusters there are, what they can take, which one takes a new server."""
