"""``python -m synnefo.testing.clients FILE``: walk through a file of lines, against a new embedded cloud or one that is there."""

import argparse
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from synnefo.testing.clients import shell
from synnefo.testing.embedded import EmbeddedCloud


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m synnefo.testing.clients", description=__doc__)
    parser.add_argument("file", type=Path, help="such as contrib/clients/day.txt")
    parser.add_argument("--clouds", type=Path, help="clouds.yaml of a cloud that is there already")
    options = parser.parse_args()
    if options.clouds:
        return _walk(options.file, options.clouds)
    with EmbeddedCloud() as cloud:
        return _walk(options.file, cloud.clouds)


def _walk(file: Path, clouds: Path) -> int:
    wrong = 0
    for told in shell.walk(clouds, file.read_text(), {"FILES": str(files(clouds.parent))}):
        print(f"{'FAILED' if told.wrong else 'ok':6} {told.seconds:5.1f} s  {told.line}", flush=True)
        if told.wrong:
            wrong += 1
            print(f"       {told.wrong}")
    print(f"{wrong} failed")
    return int(bool(wrong))


def files(folder: Path) -> Path:
    """A disk of 1 MiB and a public key, in a folder of their own."""
    made = folder / "files"
    made.mkdir(exist_ok=True)
    (made / "disk.img").write_bytes(bytes(range(256)) * 4096)
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    form = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    (made / "key.pub").write_bytes(key.public_bytes(*form) + b" ada@laptop\n")
    return made


if __name__ == "__main__":
    sys.exit(main())
