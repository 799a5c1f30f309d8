"""Logs of every program: ``configure("dispatcher", …)`` at its start, and ``structlog.get_logger(__name__)`` everywhere.

In the foreground key=value lines on stderr for people; with a directory one file a program, ``dispatcher.log``, JSON
lines, reopened when logrotate has moved it away. Django's, uvicorn's and aio-pika's own logs take the same way. A request,
a command and a job are named by context: ``structlog.contextvars.bound_contextvars(request=…, command=…, job=…)`` puts
them on each line within. Secrets are taken out last, by ``logic.redaction``. No line leaves without a time of
``logic.clock``.

Floor: the event daemon logs through it too. Programs with settings begin with ``synnefo.logging.set_up``.
"""

import logging
import sys
from collections.abc import Iterable, MutableMapping
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any, Final, TextIO

import structlog

from logic import clock
from logic.configuration import ConfigurationError
from logic.redaction import Redaction

Event = MutableMapping[str, Any]
CHATTY: Final = ("aiormq", "aio_pika", "asyncio", "urllib3", "uvicorn.access")
BROKERS: Final = "aiormq.connection"
SERVERS: Final = ("uvicorn", "uvicorn.error", "uvicorn.access")  # bring handlers of their own
_FIRST: Final = ("timestamp", "level", "event")


def configure(program: str, *, directory: str = "", level: str = "INFO", secrets: Iterable[str] = ()) -> None:
    """``directory`` empty: stderr. May be called again: the last call holds."""
    handler = _file(program, directory) if directory else _Stderr()
    handler.setFormatter(_formatter(Redaction(secrets), as_json=bool(directory)))
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Stderr | _File)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level)
    _tame()
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


class _Stderr(logging.StreamHandler[TextIO]):
    """Whatever ``sys.stderr`` is when the line comes."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class _File(WatchedFileHandler):
    """Follows logrotate."""


def _file(program: str, directory: str) -> _File:
    path = Path(directory) / f"{program}.log"
    try:
        return _File(path, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError([f"LOG_DIR: cannot write {path}: {error.strerror}"]) from error


def _tame() -> None:
    """Servers' loggers write through ours; libraries that tell of each frame only warn."""
    for name in SERVERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _shared() -> list[structlog.typing.Processor]:
    return [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, _timed, _explained]


def _timed(_logger: object, _method: str, event: Event) -> Event:
    event["timestamp"] = clock.now().isoformat(timespec="milliseconds")
    return event


_explained = structlog.processors.ExceptionRenderer()


def _formatter(redaction: Redaction, *, as_json: bool) -> logging.Formatter:
    render: list[structlog.typing.Processor] = (
        [_ordered, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [_printable, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_shared(), _named],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redaction, *render],
    )


def _named(_logger: object, _method: str, event: Event) -> Event:
    """Lines of other libraries say whose they are. A broker that is away is no error of ours: ``bus.down`` tells of it."""
    event["logger"] = event["_record"].name
    if event["logger"] == BROKERS and event["level"] == "error":
        event["level"] = "warning"
    return event


def _ordered(_logger: object, _method: str, event: Event) -> Event:
    return {name: event[name] for name in _FIRST if name in event} | {k: v for k, v in event.items() if k not in _FIRST}


def _printable(_logger: object, _method: str, event: Event) -> Event:
    """Nothing in a line moves the cursor of the person who reads it; tracebacks keep their lines."""
    keep = {"\n", "\t"}
    return {name: _shown(value, keep if name == "exception" else frozenset()) for name, value in event.items()}


def _shown(value: Any, keep: Iterable[str]) -> Any:
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(one if one.isprintable() or one in keep else one.encode("unicode_escape").decode() for one in value)
