"""A RabbitMQ node of our own: own name, ports, port mapper, cookie, data and configuration, all in a temporary directory.

Nothing in ``/etc/rabbitmq`` is read, and no port mapper (epmd) is left behind or shared with the system's.
"""

import contextlib
import os
import shutil
import signal
import socket
from pathlib import Path
from typing import Final

from logic import clock
from synnefo.testing.certificates import Authority
from synnefo.testing.packages import require
from synnefo.testing.processes import LOOPBACK, Daemon, NotReady, as_user, give, new_directory, spare_port, user_or_self
from synnefo.testing.running import run
from synnefo.testing.servers import Server

USER: Final = "synnefo"
PROGRAMS: Final = Path("/usr/lib/rabbitmq/bin")
PROTOCOL_HEADER: Final = b"AMQP\x00\x00\x09\x01"
METHOD_FRAME: Final = b"\x01"
QUIET: Final = "+sbwt none +sbwtdcpu none +sbwtdio none"  # no busy waiting: the cores are the tests'


class RabbitServer(Server):
    """A context manager: entering starts it, leaving kills it and removes its directory."""

    def __init__(self) -> None:
        require("rabbitmq-server")
        self.port, self.tls_port = spare_port(), spare_port()
        self.password = f"p{clock.new_token()}"  # a word that begins with "-" is an option to rabbitmqctl
        self._user = user_or_self("rabbitmq")
        self._directory = new_directory("rabbitmq", self._user)
        self._mapper_port, self._dist_port = spare_port(), spare_port()
        self._mapper = Daemon(
            ["epmd", "-port", str(self._mapper_port), "-address", LOOPBACK],
            user=self._user,
            log=self._directory / "epmd.log",
            ready=lambda: _listens(self._mapper_port),
            environment=self._environment(),
        )
        self._node = Daemon(
            [str(PROGRAMS / "rabbitmq-server")],
            user=self._user,
            log=self._directory / "log",
            ready=lambda: _speaks_amqp(self.port),
            environment=self._environment(),
        )
        self._configure()

    @property
    def url(self) -> str:
        """Where the bus connects to."""
        return f"amqp://{USER}:{self.password}@{LOOPBACK}:{self.port}/"

    @property
    def tls_url(self) -> str:
        """The same over TLS, with the authority to trust."""
        authority = self._directory / "ca.pem"
        return f"amqps://{USER}:{self.password}@localhost:{self.tls_port}/?cafile={authority}"

    def ctl(self, *words: str) -> str:
        """What ``rabbitmqctl`` says; takes a second or two, many on a busy machine. Raises :class:`NotReady` with its words."""
        command = [str(PROGRAMS / "rabbitmqctl"), "--quiet", "--timeout", "60", *words]
        return run(
            as_user(command, self._user), within=70.0, environment=self._environment(), directory=self._directory
        )

    def start(self) -> None:
        """Returns when it answers; five seconds or so."""
        if not self._mapper.pid:
            self._mapper.start()
        self._node.start()

    def stop(self) -> None:
        """In good order: queues and their messages are there after the next start."""
        self._node.stop(by=signal.SIGTERM)

    def kill(self) -> None:
        """As ``kill -9``. What was confirmed is there after the next start.

        RabbitMQ before 3.13 writes the list of its quorum queues seconds after a queue was made, and forgets one that was
        not on it (rabbitmq/ra, pull request 443). Tests use younger queues than that, so the list is written first.
        """
        with contextlib.suppress(NotReady):
            self.ctl("eval", "dets:sync(ra_directory_reverse).")
        self._node.kill()

    def close(self) -> None:
        """The end: nothing of it is left."""
        self._node.kill()
        self._mapper.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        here = str(self._directory)
        return {
            "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": here,  # the cookie is there
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_NODENAME": f"synnefo{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_MNESIA_BASE": f"{here}/mnesia",
            "RABBITMQ_LOG_BASE": here,
            "RABBITMQ_CONFIG_FILE": f"{here}/rabbitmq.conf",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{here}/plugins",
            "RABBITMQ_ALLOW_INPUT": "1",  # the start script becomes the node, instead of staying as its parent
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                f"-noinput -start_epmd false -kernel inet_dist_use_interface {{127,0,0,1}} {QUIET}"
            ),
        }

    def _configure(self) -> None:
        authority = Authority()
        chain = authority.certificate_for("localhost", LOOPBACK)
        here = self._directory
        self._write("ca.pem", authority.pem)
        self._write("server.pem", chain.certificate)
        self._write("server.key", chain.key, mode=0o400)
        self._write(".erlang.cookie", clock.new_token().encode(), mode=0o400)
        self._write("plugins", b"[].\n")
        (here / "ca.pem").chmod(0o444)
        self._write(
            "rabbitmq.conf",
            f"""
listeners.tcp.1 = {LOOPBACK}:{self.port}
listeners.ssl.1 = {LOOPBACK}:{self.tls_port}
ssl_options.cacertfile = {here}/ca.pem
ssl_options.certfile = {here}/server.pem
ssl_options.keyfile = {here}/server.key
default_user = {USER}
default_pass = {self.password}
log.console = true
log.console.level = warning
log.file = false
""".encode(),
        )

    def _write(self, name: str, content: bytes, *, mode: int = 0o600) -> None:
        path = self._directory / name
        path.touch(mode=0o600)
        path.write_bytes(content)
        path.chmod(mode)
        give(path, self._user)


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def _speaks_amqp(port: int) -> bool:
    """A listener alone is not yet a broker: it must answer the protocol's greeting."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2.0) as connection:
            connection.sendall(PROTOCOL_HEADER)
            return connection.recv(1) == METHOD_FRAME
    except OSError:
        return False
