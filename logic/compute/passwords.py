"""The password that a new server's guest is told: as it was asked for, or made up where the site wants that.

Called by the API facade. It is in the answer to the request and on its way to the guest, encrypted, and nowhere else.
"""

from django.conf import settings

from logic import clock
from logic.backends import os_parameters

BYTES = 9  # of chance: twelve characters


def made() -> str:
    """Empty where none is made: the setting ``ENABLE_INSTANCE_PASSWORD`` says so, or nobody would bring it to the guest."""
    enabled: bool = settings.ENABLE_INSTANCE_PASSWORD
    if not (enabled and os_parameters.brings_passwords(settings.GANETI_OS_PROVIDER)):
        return ""
    return clock.new_token(BYTES)
