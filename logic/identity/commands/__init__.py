"""Writing identity, one transaction a function: ``tokens`` (logging in and out), ``projects``, ``users``, ``roles``,
``credentials``, and ``bootstrap`` for an empty cloud."""

from logic.identity.commands.bootstrap import ensure_bootstrap

__all__ = ["ensure_bootstrap"]
