"""A node as the OS provider's scripts meet it: disks as files, sources, a cache, a spool, a monitor; and the scripts run as
Ganeti runs them, with nothing but their environment and a log that keeps what they print.
"""

import http.server
import json
import subprocess
import threading
from pathlib import Path

from ganeti.osprovider.orders import MIB

ROOT = Path(__file__).resolve().parents[3]
DEFINITION = ROOT / "contrib" / "ganeti-os" / "synnefo-image"
SERVER = "2f6f5d3e-36a7-4d5e-9a0e-3f7f2f0e8a11"
MONITOR = '#!/bin/sh\necho "$1" > {told}.instance\nexec cat > {told}\n'


class Machine:
    """``folder`` is a temporary directory."""

    def __init__(self, folder: Path, *, disk: int = 4) -> None:
        self.folder = folder
        self.images, self.cache, self.spool = (folder / name for name in ("images", "cache", "spool"))
        self.images.mkdir()
        self.spool.mkdir()
        self.disk, self.config, self.told = folder / "disk0", folder / "disk1", folder / "told"
        for path, size in ((self.disk, disk), (self.config, 4)):
            with path.open("wb") as file:
                file.truncate(size * MIB)
        self.settings(SOURCES=self.images)

    def settings(self, **given: object) -> None:
        """What the node's file says, beside where its directories are."""
        monitor = self.folder / "monitor"
        monitor.write_text(MONITOR.format(told=self.told))
        monitor.chmod(0o755)
        said = {"CACHE": self.cache, "SPOOL": self.spool, "PROGRESS_MONITOR": monitor, "TIMEOUT": 5, **given}
        (self.folder / "settings").write_text("".join(f"{name}='{value}'\n" for name, value in said.items()))

    def environment(self, **parameters: str) -> dict[str, str]:
        """Of a create, as Ganeti 3.0 sets it; ``parameters`` are OS parameters, or others in capitals."""
        osp = {f"OSP_{name.upper()}": value for name, value in parameters.items() if name.islower()}
        more = {name: value for name, value in parameters.items() if name.isupper()}
        return {
            "OS_API_VERSION": "20", "OS_NAME": "synnefo-image", "OS_VARIANT": "default", "DEBUG_LEVEL": "0",
            "PATH": "/sbin:/bin:/usr/sbin:/usr/bin", "HYPERVISOR": "kvm", "NIC_COUNT": "0",
            "INSTANCE_NAME": "snf-7", "INSTANCE_OS": "synnefo-image+default", "INSTANCE_UUID": SERVER, "DISK_COUNT": "2",
            "DISK_0_PATH": str(self.disk), "DISK_0_SIZE": str(self.disk.stat().st_size // MIB), "DISK_0_ACCESS": "rw",
            "DISK_1_PATH": str(self.config), "DISK_1_SIZE": "4", "DISK_1_NAME": f"snf-config-{SERVER}",
            "SYNNEFO_IMAGE_SETTINGS": str(self.folder / "settings"), **osp, **more,
        }  # fmt: skip

    def run(self, script: str, *words: str, environment: dict[str, str], given: bytes = b"") -> tuple[int, str]:
        """Exit code and log."""
        done = subprocess.run(
            [DEFINITION / script, *words],
            env=environment,
            cwd=DEFINITION,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout.decode("latin-1")

    def create(self, **parameters: str) -> tuple[int, str]:
        return self.run("create", environment=self.environment(**parameters))

    def monitored(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.told.read_text().splitlines()]


class Server:
    """Serves what is in ``files`` at an ``address`` of this machine; ``cut`` ends the connection after that many bytes of a body,
    ``asked`` are the requests, ``shown`` their keys, ``put`` what was brought; with a ``key`` only who shows it is answered."""

    def __init__(self, files: dict[str, bytes], address: str = "127.0.0.1") -> None:
        self.files, self.cut, self.asked, self.ranges = files, 0, [], True
        self.shown, self.key = [], ""
        self.put, self.refusals = {}, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def do_PUT(self) -> None:
                outer.take(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://{address}:{self._server.server_address[1]}/images"

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        range_ = request.headers.get("Range", "")
        self.asked.append((request.path, range_))
        self.shown.append(request.headers.get("Authorization", ""))
        body = self.files.get(request.path.removeprefix("/nodes/v1").removeprefix("/images/"))
        if self.key and self.shown[-1] != f"Bearer {self.key}":
            request.send_error(401)
            return
        if body is None:
            request.send_error(404)
            return
        start = int(range_.removeprefix("bytes=").rstrip("-") or 0) if self.ranges else 0
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(body) - start))
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        request.end_headers()
        request.wfile.write(body[start : start + self.cut] if self.cut else body[start:])

    def take(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """What is put is kept in ``put``; what is in ``refusals`` is answered first, a status each."""
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.shown.append(request.headers.get("Authorization", ""))
        status = self.refusals.pop(0) if self.refusals else 204
        if status == 204:
            self.put[request.path] = body
        request.send_response(status)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
