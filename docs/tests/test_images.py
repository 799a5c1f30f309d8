"""``docs/operations/images.md`` names the settings, parameters and defaults that the OS definition really has."""

import re

from ganeti.osprovider.settings import GIB, MEANINGS, Settings
from logic.backends.os_parameters import OURS, PROVIDERS
from synnefo.testing.readme import ROOT

PAGE = (ROOT / "docs" / "operations" / "images.md").read_text()
LINES = dict(re.findall(r"^\| `([A-Z_]+)=([^`]+)` \|", PAGE, re.MULTILINE))


def test_the_page_has_every_setting_of_a_node_and_its_default():
    defaults = Settings()
    assert set(LINES) == set(MEANINGS)
    assert (LINES["CACHE"], LINES["SPOOL"]) == (str(defaults.cache), str(defaults.spool))
    assert (float(LINES["TIMEOUT"]), int(LINES["CACHE_LIMIT_GIB"]) * GIB) == (defaults.timeout, defaults.cache_limit)
    assert f"`{defaults.sources[0]}` |" in PAGE


def test_the_page_has_every_parameter_of_ours_and_every_provider():
    section = PAGE[PAGE.index("## What it is told") : PAGE.index("By hand")]
    assert (
        set(re.findall(r"`([a-z_]+)`", re.sub(r"\|[^|]*\|$", "", section, flags=re.MULTILINE))) == PROVIDERS[OURS].known
    )
    assert set(re.findall(r"^\| `([a-z-]+)\+", PAGE, re.MULTILINE)) == set(PROVIDERS)
