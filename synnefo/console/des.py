"""VNC authentication: a challenge, encrypted with a password of eight characters by DES. Called by ``rfb``.

It keeps out who does not know the password; whoever listens can break it. The cipher is the library's: DES is triple DES with one
key three times.
"""

import hmac
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB

CHALLENGE: Final = 16  # bytes
KEY: Final = 8  # characters of a password that count
_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def answer(challenge: bytes, password: str) -> bytes:
    """What somebody answers who knows the password. VNC reads each byte of the key from its other end."""
    key = password.encode("latin-1", "replace")[:KEY].ljust(KEY, b"\0").translate(_MIRRORED)
    encryptor = Cipher(TripleDES(key * 3), ECB()).encryptor()  # noqa: S305 - the protocol's own
    return encryptor.update(challenge) + encryptor.finalize()


def is_right(challenge: bytes, given: bytes, password: str) -> bool:
    """In the same time, whatever is wrong."""
    return hmac.compare_digest(answer(challenge, password), given)
