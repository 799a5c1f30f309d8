"""Dates as each service prints them; all UTC."""

import datetime
from typing import Annotated

from msgspec import Meta

# What ``seconds`` and ``micros`` write, in descriptions of answers.
Moment = Annotated[datetime.datetime, Meta(tz=True)]
_TO_SECONDS, _TO_MICROS = len("2024-01-02T03:04:05"), len("2024-01-02T03:04:05.000000")


def seconds(moment: datetime.datetime) -> str:
    """``2024-01-02T03:04:05Z``: Nova's created and updated, Neutron, Glance."""
    return moment.isoformat()[:_TO_SECONDS] + "Z"


def micros(moment: datetime.datetime) -> str:
    """``2024-01-02T03:04:05.000000Z``: Keystone."""
    return bare(moment) + "Z"


def bare(moment: datetime.datetime) -> str:
    """``2024-01-02T03:04:05.000000``, without a zone: Nova's launched_at, Cinder."""
    return moment.isoformat(timespec="microseconds")[:_TO_MICROS]
