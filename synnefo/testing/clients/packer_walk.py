"""Packer's builder for OpenStack, which stands on gophercloud, as Terraform's provider does: a server is made of an image,
stopped, made an image of, and taken away. It runs at the first version of every API, and knows no discovery."""

import os
import subprocess
from pathlib import Path
from typing import Final

import yaml

from synnefo.testing.clients import sdk_walk
from synnefo.testing.embedded import ROOT

TEMPLATE: Final = ROOT / "contrib" / "clients" / "packer.json"
NAME: Final = "packer"  # of the image
WITHIN: Final = 600.0  # seconds


def walk(clouds: Path) -> None:
    """Raises ``AssertionError`` with what Packer printed last."""
    done = subprocess.run(
        ["packer", "build", "-color=false", TEMPLATE],
        env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(clouds), "CHECKPOINT_DISABLE": "1", **_trusted(clouds)},
        cwd=clouds.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    with sdk_walk.connect(clouds) as there:
        image = there.get_image(NAME)
        assert image.status == "active", image
        assert image.id in done.stdout
        there.delete_image(NAME, wait=True)


def _trusted(clouds: Path) -> dict[str, str]:
    """The authority that ``clouds.yaml`` names, in Go's own way: the builder reads none there."""
    authority = yaml.safe_load(clouds.read_text())["clouds"]["synnefo"].get("cacert")
    return {"SSL_CERT_FILE": authority} if authority else {}
