"""``manage.py vncauthproxy``: a VNC proxy that opens a port for one viewer when it is asked by vncauthproxy's control protocol.

For those who run it apart: Synnefo's own consoles need none of it. Requests come over TCP (with a user of --users-file) and, with
--socket, over a Unix socket (from whoever may connect to it). Stops on SIGTERM or SIGINT, which ends all consoles.
"""

import argparse
import asyncio
import contextlib
import faulthandler
import functools
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvloop
from django.core.management.base import BaseCommand, CommandError, CommandParser

from logic.errors import BadRequest
from logic.listener import health, listening, metrics
from logic.offload import Threads
from logic.supervision import Supervisor, supervised
from synnefo import logging
from synnefo.console.authproxy import Proxy, Rules
from synnefo.console.offering import Pool
from synnefo.console.sessions import Sessions
from synnefo.management.asking import password_in

HIGHEST = 65535


class Command(BaseCommand):
    """Runs in the foreground; logs to LOG_DIR or stderr. Needs no database."""

    help = __doc__
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        asking = parser.add_argument_group("who asks")
        asking.add_argument("--listen-address", default="127.0.0.1", help="for requests (127.0.0.1)")
        asking.add_argument("--listen-port", type=int, default=24999, help="for requests (24999); 0: none over TCP")
        asking.add_argument("--socket", metavar="PATH", help="a Unix socket for requests, for its owner and group")
        asking.add_argument("--users-file", type=Path, metavar="FILE", help="who may ask over TCP: vncauthproxy-user")
        asking.add_argument("--anybody", action="store_true", help="instead: whoever reaches the port, as before 1.5")
        asking.add_argument("--tls-certificate", metavar="FILE", help="PEM; for requests, and for viewers of vnc-wss")
        asking.add_argument("--tls-key", metavar="FILE", help="its private key; empty: in the same file")
        looking = parser.add_argument_group("who looks")
        looking.add_argument("--ports", type=_ports, default=(25000, 30000), metavar="LOW-HIGH", help="25000-30000")
        looking.add_argument("--proxy-listen-address", default="*", help="for viewers; *: all (*)")
        looking.add_argument("--proxy-address", default=socket.getfqdn(), help="told to who asks (this host's name)")
        looking.add_argument("--connect-timeout", type=float, default=30.0, help="seconds for a viewer to come (30)")
        looking.add_argument("--idle-timeout", type=float, default=3600.0, help="seconds without a byte (3600)")
        looking.add_argument("--most", type=int, default=500, help="consoles at once (500)")
        looking.add_argument("--server-password-file", metavar="FILE", help="what VNC servers ask for, if they do")
        parser.add_argument("--metrics-port", type=int, default=0, help="/health and /metrics on this port; 0: nowhere")
        parser.add_argument("--metrics-address", default="127.0.0.1", help="and on this address (127.0.0.1)")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        given = argparse.Namespace(**options)
        if not (given.listen_port or given.socket):
            raise CommandError("Say where requests come from: --listen-port or --socket.")
        if given.listen_port and not (given.users_file or given.anybody):
            raise CommandError("Say who may ask over TCP: --users-file FILE (or --anybody), or --listen-port 0.")
        try:
            logging.set_up("vncauthproxy")
            faulthandler.enable()
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(serve(given))
        except BadRequest as refusal:
            raise CommandError(refusal.sentence) from refusal
        except OSError as error:  # an address, a certificate
            raise CommandError(str(error)) from error


def _ports(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    if not (low.isdecimal() and high.isdecimal() and 1 <= int(low) <= int(high) <= HIGHEST):
        raise argparse.ArgumentTypeError(f"{text!r} is not LOW-HIGH, two ports from 1 to {HIGHEST}")
    return int(low), int(high)


def proxy(given: argparse.Namespace, tls: ssl.SSLContext | None, offload: Threads) -> Proxy:
    """By the options. Raises :class:`BadRequest`."""
    rules = Rules(
        address=given.proxy_address,
        patience=given.connect_timeout,
        idle=given.idle_timeout,
        users=None if given.anybody else given.users_file,
        password=password_in(given.server_password_file) if given.server_password_file else "",
    )
    low, high = given.ports
    pool = Pool(low=low, high=high, address=given.proxy_listen_address, tls=tls)
    return Proxy(rules, pool, Sessions(given.most), offload)


async def serve(given: argparse.Namespace) -> None:
    """Until told to stop."""
    stop, supervisor = asyncio.Event(), Supervisor.of(os.environ)

    def end() -> None:
        supervisor.stopping()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)
    tls, offload = _tls(given), Threads()
    made = proxy(given, tls, offload)
    pages = {"/health": _health, "/metrics": _metrics}
    try:
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(_asked(given, made, tls))
            if given.metrics_port:
                await stack.enter_async_context(listening(given.metrics_address, given.metrics_port, pages))
            await stack.enter_async_context(supervised(supervisor, lambda: {"listening": True}))
            await stop.wait()
    finally:
        offload.close()


@contextlib.asynccontextmanager
async def _asked(given: argparse.Namespace, made: Proxy, tls: ssl.SSLContext | None) -> AsyncIterator[None]:
    """Requests are taken within the block."""
    servers = []
    if given.listen_port:
        address, port = given.listen_address, given.listen_port
        servers.append(await asyncio.start_server(made.serve, address, port, ssl=tls))
    if given.socket:
        trusting = functools.partial(made.serve, trusted=True)
        before = os.umask(0o117)  # from its first moment for its owner and group alone
        try:
            servers.append(await asyncio.start_unix_server(trusting, given.socket))
        finally:
            os.umask(before)
    try:
        yield
    finally:
        for server in servers:
            server.close()


def _tls(given: argparse.Namespace) -> ssl.SSLContext | None:
    if not given.tls_certificate:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(given.tls_certificate, given.tls_key or None)
    return made


async def _health(_: float) -> Any:
    return health(listening=True)


async def _metrics(_: float) -> Any:
    return metrics()
