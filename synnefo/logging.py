"""Logs of a program that has settings: ``set_up("dispatcher")`` at its start. How a line is made is ``logic.logs``."""

import structlog
from django.conf import settings

from logic.configuration import Settings
from logic.logs import configure


def set_up(program: str, *, foreground: bool = False) -> None:
    """Logs of this process, as the settings have them; ``foreground`` keeps them on stderr whatever LOG_DIR says.
    Warnings of the settings are the first lines. Raises :class:`ConfigurationError` when LOG_DIR cannot be used."""
    configured: Settings = settings.CONFIGURATION
    directory = "" if foreground else settings.LOG_DIR
    configure(program, directory=directory, level=settings.LOG_LEVEL, secrets=configured.secrets())
    for warning in configured.warnings:
        structlog.get_logger(__name__).warning("settings.unwise", advice=warning)
