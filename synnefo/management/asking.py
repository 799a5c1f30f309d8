"""Putting a question to a cluster from an operator command: one adapter, one loop of its own, no database inside it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from logic.backends.base import Backend
from logic.dispatcher.connections import Access, access_to
from logic.errors import BadRequest
from logic.offload import Inline
from synnefo.management.wiring import adapters

T = TypeVar("T")


def ask(name: str, question: Callable[[Backend], Awaitable[T]]) -> T:
    """The answer of a cluster by its name. Raises :class:`logic.errors.BackendFailure`."""
    return ask_at(access_to(name), question)


def ask_at(access: Access, question: Callable[[Backend], Awaitable[T]]) -> T:
    """The answer of a cluster that need not be in the database. Raises :class:`logic.errors.BackendFailure`."""
    return asyncio.run(_asked(adapters(Inline())(access), question))


async def _asked(backend: Backend, question: Callable[[Backend], Awaitable[T]]) -> T:
    try:
        return await question(backend)
    finally:
        await backend.aclose()


def password_in(file: str) -> str:
    """The first line of a password's file. Raises :class:`BadRequest`, which does not repeat it."""
    try:
        password = Path(file).read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise BadRequest(reason=f"Cannot read the password from {file}: {reason}.") from error
    if not password:
        raise BadRequest(reason=f"{file} holds no password in its first line.")
    return password


def whole_path(file: str) -> str:
    """The absolute path of a file that can be read; empty stays empty. Raises :class:`BadRequest`."""
    if not file:
        return ""
    path = Path(file).absolute()
    if not path.is_file():
        raise BadRequest(reason=f"There is no file {path}. Give the certificate's path as it is on every LOGIC node.")
    return str(path)
