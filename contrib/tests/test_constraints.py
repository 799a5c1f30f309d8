"""The pins of contrib/dev/constraints.txt: one version each, so that a fresh environment can be made."""

import re
from collections import Counter
from pathlib import Path

PINS = (Path(__file__).resolve().parents[1] / "dev" / "constraints.txt").read_text().splitlines()


def test_every_line_is_one_exact_version():
    assert [line for line in PINS if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == []


def test_no_package_is_pinned_twice():
    counted = Counter(re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in PINS)
    assert [name for name, count in counted.items() if count > 1] == []
