"""Taking secrets out of what is logged or shown: by the name of a key, by the look of a text, by the secret itself.

Floor: the event daemon may log through it too. ``logic.logs`` runs :class:`Redaction` last before rendering, when
exceptions are text already; operator commands use :func:`without_secrets` for what they print. Rather too much is hidden
than too little. Every expression runs in time linear in the text: tenants choose what it holds.
"""

import functools
import re
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final

HIDDEN: Final = "***"
SHORTEST: Final = 6  # a known secret shorter than that would hide ordinary words
LONGEST: Final = 16_384  # characters of one value
DEEPEST: Final = 8  # levels of nesting
_WORDS: Final = frozenset({
    "password", "passwd", "passphrase", "adminpass", "pass", "secret", "token", "authorization", "cookie", "credential",
    "credentials", "signature",
})  # fmt: skip
_COMPOUNDS: Final = ("apikey", "privatekey", "accesskey", "authkey", "secretkey")
_BOUNDARY: Final = re.compile(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])")
_HEADER: Final = re.compile(
    r"(?i)((?:x-(?:auth|subject|service)-token|x-auth-key|authorization|cookie)"
    r"(?:[\"'\\]*\s*[:=]\s*|[\"']\s*,\s*)(?:b(?=[\"']))?[\"'\\]*)[^\r\n\"']+"
)
_PAIR: Final = re.compile(
    r"(?is)((?:pass(?:word|wd|phrase)?|secret(?:_?(?:access_?)?key)?|token|private_?key|api_?key)[\"'\\]*\s*[:=]\s*)"
    r"(?:b?\"(?:[^\"\\]|\\.)*\"?|b?'(?:[^'\\]|\\.)*'?|\S+)"
)
_SIGNS: Final = frozenset(":=\"'")  # without one of these none of the expressions finds anything
_USERINFO: Final = re.compile(r"(://[^\s:/@]*):[^\s/]*@")


@functools.lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Does a key of this name (``adminPass``, ``X-Auth-Token``, ``db_password``…) hold a secret?"""
    words = [word.lower() for word in _BOUNDARY.split(name) if word]
    return not _WORDS.isdisjoint(words) or "".join(words).endswith(_COMPOUNDS)


def without_secrets(text: str) -> str:
    """The text with what looks like a secret hidden: headers, ``password=…``, passwords in URLs."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… ({len(text)} characters)"
    if _SIGNS.isdisjoint(text):
        return text  # an id, a word: most of what a log holds
    text = _USERINFO.sub(rf"\1:{HIDDEN}@", text)
    text = _HEADER.sub(rf"\1{HIDDEN}", text)
    return _PAIR.sub(rf"\1{HIDDEN}", text)


def hidden(value: object, known: Iterable[str] = ()) -> Any:
    """Plain data with the secrets hidden: by key at any depth, in every text, and wherever a known one occurs."""
    return Redaction(known).value(value)


class Redaction:
    """A processor for structlog. ``known``: secrets of this process, hidden wherever they turn up."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        longest_first = sorted({one for one in known if len(one) >= SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {name: HIDDEN if self._hides(name, value) else self.value(value) for name, value in event.items()}

    def value(self, value: object, depth: int = 0) -> Any:
        """Plain data of whatever it is."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, bytes | bytearray):
            value = bytes(value).decode("utf-8", "backslashreplace")
        if isinstance(value, str) or depth > DEEPEST:
            return self._text(str(value))
        if isinstance(value, Mapping):
            pairs = ((str(name), one) for name, one in value.items())
            return {name: HIDDEN if self._hides(name, one) else self.value(one, depth + 1) for name, one in pairs}
        if isinstance(value, list | tuple | set | frozenset):
            return self._items(list(value), depth)
        return self._text(str(value))

    def _items(self, items: list[Any], depth: int) -> list[Any]:
        """A list; one like ``("X-Auth-Token", "…")``, as servers keep headers, is a name and its value."""
        match items:
            case [str() | bytes() as name, one] if self._hides(
                name if isinstance(name, str) else name.decode("latin-1"), one
            ):
                return [self.value(name), HIDDEN]
        return [self.value(one, depth + 1) for one in items]

    def _hides(self, name: str, value: object) -> bool:
        return value is not None and not isinstance(value, bool) and is_secret_name(name)

    def _text(self, text: str) -> str:
        if self._known:
            text = self._known.sub(HIDDEN, text)
        return without_secrets(text)
