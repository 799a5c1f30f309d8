"""The embedded cloud's API as its simulator's nodes ask it for passwords: as ``snf-password-hook`` does, without the wire."""

from collections.abc import Mapping

from django.db import Error

from ganeti.simulator.passwords import Tells, Untold
from logic.compute import telling
from logic.errors import NotFound, Refusal, Transient
from logic.placement import queries


def teller(cluster: str) -> Tells:
    """For the nodes of this cluster of ours."""

    def tells(order: str) -> Mapping[str, str] | None:
        try:
            return telling.secrets(queries.named(cluster).pk, order)
        except NotFound:
            return None
        except (Refusal, Transient, Error) as error:
            raise Untold(f"no API tells what is secret: {type(error).__name__}") from error

    return tells
