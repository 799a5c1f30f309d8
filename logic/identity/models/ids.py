"""How things of Keystone's are numbered."""

from logic import clock


def new_id() -> str:
    """An id as Keystone prints it: 32 hexadecimal digits."""
    return clock.new_uuid().hex
