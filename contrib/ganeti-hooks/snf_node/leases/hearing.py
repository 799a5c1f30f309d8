"""Hearing one tap: a raw socket that the kernel filters, so that only questions for addresses wake us.

It hears a frame before the tap's own filter drops it. What the tap sends, and what other interfaces receive, is not heard.
"""

import ctypes
import socket
import struct
from typing import Final

EVERYTHING: Final = 3  # ETH_P_ALL
_SOL_PACKET, _IGNORE_OUTGOING, _ATTACH_FILTER = 263, 23, 26
_LOAD2, _LOAD1, _LOAD2_AT_X, _X_IP4_LENGTH, _EQUAL, _ANY_BIT, _RETURN = 0x28, 0x30, 0x48, 0xB1, 0x15, 0x45, 0x06
_NO: Final = 18  # the program's last two lines
_YES: Final = 17

# Offsets from the frame's start; IPv6 without extension headers. (code, where if true, where if false, operand)
_PROGRAM: Final = (
    (_LOAD2, 0, 0, 12),
    (_EQUAL, 2, 9, 0x0800),
    (_LOAD1, 0, 0, 23),
    (_EQUAL, 4, _NO, 17),
    (_LOAD2, 0, 0, 20),
    (_ANY_BIT, _NO, 6, 0x1FFF),
    (_X_IP4_LENGTH, 0, 0, 14),
    (_LOAD2_AT_X, 0, 0, 16),
    (_EQUAL, _YES, _NO, 67),
    (_EQUAL, 10, _NO, 0x86DD),
    (_LOAD1, 0, 0, 20),
    (_EQUAL, 12, 14, 58),
    (_LOAD1, 0, 0, 54),
    (_EQUAL, _YES, _NO, 133),
    (_EQUAL, 15, _NO, 17),
    (_LOAD2, 0, 0, 56),
    (_EQUAL, _YES, _NO, 547),
    (_RETURN, 0, 0, 65535),
    (_RETURN, 0, 0, 0),
)


def hear(tap: str) -> socket.socket:
    """Filtered before it hears anything. ``OSError`` when there is no such tap."""
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    try:
        made.setblocking(False)
        made.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
        code = ctypes.create_string_buffer(_compiled())
        made.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HL", len(_PROGRAM), ctypes.addressof(code)))
        made.bind((tap, EVERYTHING))
    except OSError:
        made.close()
        raise
    return made


def _compiled() -> bytes:
    """Jumps count from the next line."""
    lines = (
        (code, yes - at - 1, no - at - 1, operand) if code in {_EQUAL, _ANY_BIT} else (code, 0, 0, operand)
        for at, (code, yes, no, operand) in enumerate(_PROGRAM)
    )
    return b"".join(struct.pack("HBBI", *line) for line in lines)
