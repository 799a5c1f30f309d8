"""Bytes to messages and back: the only place that parses what came over a bus.

``decode`` never raises anything but :class:`logic.errors.Malformed`, whose text is the reason kept in the quarantine.
"""

import msgspec

from logic import decoding
from logic.errors import Malformed
from logic.messages.commands import AnyCommand
from logic.messages.observations import AnyObservation

MAX_BYTES = 1024 * 1024

_encoder = msgspec.json.Encoder()
_observations: decoding.Decoder[AnyObservation] = decoding.decoder(AnyObservation)
_commands: decoding.Decoder[AnyCommand] = decoding.decoder(AnyCommand)


def encode(message: AnyObservation | AnyCommand) -> bytes:
    """JSON, UTF-8."""
    return _encoder.encode(message)


def decode(raw: bytes) -> AnyObservation:
    """One observation. Raises :class:`Malformed` for anything else, however strange."""
    if len(raw) > MAX_BYTES:
        raise Malformed(f"message of {len(raw)} bytes is over the limit of {MAX_BYTES}")
    try:
        return _observations.decode(raw)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"not an observation: {error}") from error


def decode_command(raw: bytes) -> AnyCommand:
    """One command, as the ledger stored it. Raises :class:`Malformed`."""
    try:
        return _commands.decode(raw)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"not a command: {error}") from error
