"""The file of those who may ask, as vncauthproxy's own tool writes it and as ours does."""

import stat

import pytest

from synnefo.console import users

# Made with `openssl passwd -6 -salt saltsalt secret`.
KEPT = "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1"


@pytest.fixture
def file(tmp_path):
    (tmp_path / "users").write_text(f"# who may ask\n\nsynnefo:{KEPT}\nbroken:plain\n")
    return tmp_path / "users"


def test_who_knows_the_password_may_ask(file):
    assert users.is_right(file, "synnefo", "secret")


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("synnefo", "guess"),
        ("synnefo", ""),
        ("", ""),
        ("nobody", "nobody has this password"),
        ("broken", "plain"),
        ("# who may ask", ""),
        ("synnefo", "x" * 100_000),
        ("synnefo", "se\0cret"),
    ],
)
def test_nobody_else_may(file, user, password):
    assert not users.is_right(file, user, password)


def test_users_are_kept_changed_and_dropped_and_only_their_owner_reads_them(file):
    users.keep(file, "new", "first")
    users.keep(file, "new", "second")
    assert [users.is_right(file, "new", one) for one in ("first", "second")] == [False, True]
    assert users.is_right(file, "synnefo", "secret")
    assert (users.drop(file, "new"), users.drop(file, "new")) == (True, False)
    assert not users.is_right(file, "new", "second")


def test_a_new_file_is_its_owners_alone(tmp_path):
    users.keep(tmp_path / "users", "one", "secret")
    assert stat.S_IMODE((tmp_path / "users").stat().st_mode) == 0o600
    assert (tmp_path / "users").read_text().startswith("one:$6$")
