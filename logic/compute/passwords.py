"""The password that the guest of a new or rebuilt server is told: as it was asked for, or made up where the site wants that.

Called by the API facade and by ``rebuilding``. It is in the answer to the request and on its way to the guest, encrypted, and
nowhere else.
"""

from django.conf import settings

from logic import clock
from logic.backends import os_parameters
from logic.compute.models import Server

BYTES = 9  # of chance: twelve characters


def made() -> str:
    """Empty where none is made: the setting ``ENABLE_INSTANCE_PASSWORD`` says so, or nobody would bring it to the guest."""
    enabled: bool = settings.ENABLE_INSTANCE_PASSWORD
    if not (enabled and os_parameters.brings_passwords(settings.GANETI_OS_PROVIDER)):
        return ""
    return clock.new_token(BYTES)


def reach_again(server: Server) -> bool:
    """Do secrets reach its guest when it is made anew? Ganeti carries none there: nodes ask the API for them, where they do, and
    leave them on its disk of metadata."""
    asked: bool = settings.NODES_ASK_SECRETS
    return asked and bool(server.config_drive) and os_parameters.asks_secrets(settings.GANETI_OS_PROVIDER)
