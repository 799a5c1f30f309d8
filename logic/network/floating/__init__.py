"""Floating addresses: one of an external network, a project's own, that stands for a port's address while they are associated.

A row is all there is of it: nodes ask for those of their interfaces (``logic.network.enforcing``), no cluster has a command.
"""
