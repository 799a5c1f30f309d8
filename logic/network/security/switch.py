"""Whether this cloud has security groups: setting ``SECURITY_GROUPS``. Without it nothing of a group is seen or made."""

from typing import Final

from django.conf import settings

from logic.errors import NotSupported

OFF: Final = "There are no security groups in this cloud: its nodes do not enforce them."


def on() -> bool:
    return bool(settings.SECURITY_GROUPS)


def require() -> None:
    """Raises :class:`NotSupported`."""
    if not on():
        raise NotSupported(reason=OFF)
