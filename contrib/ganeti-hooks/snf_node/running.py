"""The two programs that change a node's network: ``ip`` and ``nft``. What they refuse becomes :class:`Failed`, one sentence."""

import json
import subprocess
from typing import Any, Final

from snf_node.errors import Failed

PATIENCE: Final = 20  # seconds
ENVIRONMENT: Final = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


def nft(text: str, *, namespace: str = "") -> None:
    """One transaction: all of it or nothing. Here, or in a network namespace."""
    within = ["ip", "netns", "exec", namespace] if namespace else []
    _run([*within, "nft", "-f", "-"], text)


def nft_chains() -> list[dict[str, Any]]:
    """The chains of the family netdev."""
    answer = json.loads(_run(["nft", "-j", "list", "chains", "netdev"]) or "{}")
    return [one["chain"] for one in answer.get("nftables", []) if "chain" in one]


def ip(lines: list[str], *, version: int, namespace: str = "") -> None:
    """Changes, one after the other; the first that is refused ends it."""
    if lines:
        _run(["ip", *_within(namespace), f"-{version}", "-batch", "-"], "\n".join(lines) + "\n")


def shown(*words: str, version: int | None = None, namespace: str = "") -> list[dict[str, Any]]:
    """What ``ip`` lists. A table or device that is not there has nothing."""
    family = [*_within(namespace), f"-{version}"] if version else _within(namespace)
    try:
        answer = json.loads(_run(["ip", *family, "-j", *words]) or "[]")
    except Failed:
        return []
    return [one for one in answer if one]


def _within(namespace: str) -> list[str]:
    return ["-n", namespace] if namespace else []


def program(words: list[str]) -> None:
    _run(words)


def _run(words: list[str], given: str = "") -> str:
    try:
        ended = subprocess.run(
            words, input=given, capture_output=True, text=True, timeout=PATIENCE, check=False, env=ENVIRONMENT
        )
    except FileNotFoundError as error:
        raise Failed(f"{words[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{words[0]} did not answer for {PATIENCE} seconds") from error
    if ended.returncode:
        said = next((line for line in ended.stderr.splitlines() if line.strip()), f"code {ended.returncode}")
        raise Failed(f"{' '.join(words[:2])}: {said.strip()[:300]}")
    return ended.stdout
