"""Asking the cloud's APIs what Ganeti cannot carry: the secrets of a system that is installed again (docs/decisions/0030).

They are told to who shows the cluster's key, under the id that the order names, while that is under way. Called by ``scripts``.
"""

import http.client
import json
import urllib.error
from collections.abc import Mapping
from typing import Final

from ganeti.osprovider import fetching
from ganeti.osprovider.settings import Settings, key
from ganeti.osprovider.troubles import Trouble

_PATH: Final = "/nodes/v1/secrets"
_MOST: Final = 1024 * 1024  # bytes of an answer
_ROUNDS: Final = 2  # how often each API is asked


def secrets(id: str, settings: Settings) -> dict[str, str] | None:
    """By the names of OS parameters. None: nobody knows of it any more, since an operator installs it again by hand. Raises
    :class:`Trouble`."""
    if not settings.apis:
        raise Trouble("what is secret has to be asked of the APIs, and APIS says nothing of where they are")
    shown, why = key(settings), ""
    for api in [*settings.apis] * _ROUNDS:
        try:
            return _strings(fetching.told(f"{api}{_PATH}/{id}", shown, _MOST, timeout=settings.timeout))
        except urllib.error.HTTPError as error:
            if str(error.code) in fetching.MISSING:
                return None
            why = str(error.code)
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = type(error).__name__  # its text may hold what must not be told
    raise Trouble(f"no API tells what is secret: {why}")


def _strings(answer: bytes) -> dict[str, str]:
    told = json.loads(answer)
    if not isinstance(told, Mapping) or not all(isinstance(value, str) for value in told.values()):
        raise ValueError("no strings by names")
    return dict(told)
