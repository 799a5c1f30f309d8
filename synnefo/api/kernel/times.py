"""Dates as each service prints them; all UTC."""

import datetime

_SECONDS, _MICROS = "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"


def seconds(moment: datetime.datetime) -> str:
    """``2024-01-02T03:04:05Z``: Nova's created and updated, Neutron, Glance."""
    return moment.strftime(_SECONDS) + "Z"


def micros(moment: datetime.datetime) -> str:
    """``2024-01-02T03:04:05.000000Z``: Keystone."""
    return moment.strftime(_MICROS) + "Z"


def bare(moment: datetime.datetime) -> str:
    """``2024-01-02T03:04:05.000000``, without a zone: Nova's launched_at, Cinder."""
    return moment.strftime(_MICROS)
