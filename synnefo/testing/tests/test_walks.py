"""Files of commands are read as they are written, and what a cloud cannot do is left out for it alone."""

import pytest

from synnefo.testing.clients import shell
from synnefo.testing.clients.client import Done
from synnefo.testing.clients.files import DAY
from synnefo.testing.clients.forms import CAN, FORMS
from synnefo.testing.clients.shell import Line

TEXT = "# of a test\n\nserver list\n[logs] console log show one\n"


class Heard:
    """A client that does everything."""

    lines: list[str]

    def __init__(self, clouds, cloud):
        pass

    def run(self, words):
        self.lines.append(" ".join(words))
        return Done(0, "", "")


@pytest.fixture
def heard(monkeypatch):
    monkeypatch.setattr(Heard, "lines", [], raising=False)
    monkeypatch.setattr(shell, "Client", Heard)
    return Heard


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("server list", Line("server list")),
        ("! server stop one", Line("server stop one", fails=True)),
        ("admin: HOST = hypervisor list", Line("hypervisor list", admin=True, name="HOST")),
        ("[logs] console log show one", Line("console log show one", wants="logs")),
        ("until ACTIVE server show one", Line("server show one", until="ACTIVE")),
    ],
)
def test_a_line_says_what_it_is(text, line):
    assert [read for _, read in shell.read(text)] == [line]


@pytest.mark.parametrize(("can", "most"), [({"logs"}, 2), (set(), 1), (None, 2)])
def test_what_a_cloud_cannot_do_it_is_not_asked(tmp_path, heard, can, most):
    assert len(list(shell.walk(tmp_path, TEXT, can=can))) == len(heard.lines) == most


def test_what_a_line_wants_is_what_a_form_can():
    wanted = {line.wants for _, line in shell.read(DAY.read_text())} - {""}
    assert "logs" in wanted
    assert wanted <= set.union(*map(set, CAN.values()))
    assert CAN.keys() == FORMS.keys()
