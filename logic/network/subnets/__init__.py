"""Ranges of addresses of networks, and the pools that they may be taken from: what may be asked of them, and what is refused."""
