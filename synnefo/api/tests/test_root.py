"""What the cloud says of itself at its root, and that README says the same."""

import re

import pytest

from synnefo.api.testing import HOST
from synnefo.testing.readme import ROOT

README = (ROOT / "README.md").read_text()
SERVICES = dict(re.findall(r"^\| \[?([\w-]+) v[\d.]+(?:\]\([^)]*\))? \| `([^`]+)`", README, re.MULTILINE))


def test_the_root_names_the_services_of_the_readme_and_needs_no_token(api):
    reply = api.get("/", token="")
    assert reply.status == 200
    told = {type: address.removeprefix(f"http://{HOST}") for type, address in reply.json["services"].items()}
    assert {type.lower() for type in SERVICES} == set(told)
    for type, path in SERVICES.items():
        assert path.startswith(told[type.lower()])
    assert f"http://{HOST}/identity/v3/auth/tokens" in reply.json["start"]


@pytest.mark.parametrize("path", ["/health", "/metrics", *SERVICES.values()])
def test_what_the_readme_says_answers_is_there(api, path):
    assert api.get(path, token="").status in {200, 300, 401}
