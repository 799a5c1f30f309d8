"""The keys under which credentials are stored."""

import stat
import subprocess
import sys

import pytest

from logic import secretkeys
from logic.errors import Transient
from logic.secretkeys import Keyring, KeysUnusable

CANARY = "canary-4711"


@pytest.fixture
def keyring(tmp_path):
    return Keyring(tmp_path / "var" / "secret-keys")


def test_the_file_is_made_at_first_use_for_its_owner_only(keyring):
    keyring.encrypt("x")

    assert stat.S_IMODE(keyring.path.stat().st_mode) == 0o600
    assert [path.name for path in keyring.path.parent.iterdir()] == ["secret-keys"]


def test_what_was_encrypted_is_decrypted_by_another_process_with_the_same_file(keyring):
    token = keyring.encrypt("häslo")

    assert "häslo" not in token
    assert token.isascii()
    assert Keyring(keyring.path).decrypt(token) == "häslo"


def test_the_same_text_is_not_recognisable(keyring):
    assert keyring.encrypt("x") != keyring.encrypt("x")


def test_after_a_rotation_the_new_key_encrypts_and_the_old_one_still_decrypts(keyring):
    old = keyring.encrypt("x")
    before = keyring.path.read_text()

    keyring.rotate()

    assert keyring.path.read_text().endswith(before)
    assert stat.S_IMODE(keyring.path.stat().st_mode) == 0o600
    assert keyring.decrypt(old) == "x"
    new = keyring.encrypt("x")
    keyring.path.write_text(before)
    with pytest.raises(KeysUnusable):
        keyring.decrypt(new)


def test_a_running_process_notices_that_the_file_has_changed(keyring):
    running = Keyring(keyring.path)
    running.encrypt("x")

    keyring.rotate()

    assert running.fingerprints() == keyring.fingerprints()
    assert running.decrypt(keyring.encrypt("x")) == "x"


def test_comments_and_blank_lines_are_passed_over(keyring):
    token = keyring.encrypt("x")
    keyring.path.write_text(f"# 2026\n\n  {keyring.path.read_text()}")

    assert keyring.decrypt(token) == "x"


def test_fingerprints_tell_keys_apart_and_are_no_part_of_them(keyring):
    keyring.rotate()

    one, two = keyring.fingerprints()

    assert one != two
    assert one not in keyring.path.read_text()


def test_with_another_file_the_operator_is_told_what_to_do(keyring, tmp_path):
    token = keyring.encrypt(CANARY)
    other = Keyring(tmp_path / "other")

    with pytest.raises(KeysUnusable, match=f"No key in {tmp_path}/other decrypts .* backup") as caught:
        other.decrypt(token)

    assert token not in str(caught.value)


@pytest.mark.parametrize("stored", ["", "not a token", CANARY])
def test_what_was_never_encrypted_is_not_decrypted(keyring, stored):
    with pytest.raises(KeysUnusable):
        keyring.decrypt(stored)


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"short\n", CANARY.encode() + b"\n", b"\xff\xfe\n"])
def test_a_damaged_file_is_told_without_its_content(keyring, content):
    keyring.path.parent.mkdir()
    keyring.path.write_bytes(content)

    with pytest.raises(KeysUnusable, match="holds no credential keys") as caught:
        keyring.encrypt("x")

    assert CANARY not in str(caught.value)
    assert keyring.path.read_bytes() == content


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(KeysUnusable, match="cannot be used: Not a directory"):
        Keyring(tmp_path / "file" / "deeper" / "secret-keys").encrypt("x")


def test_a_worker_takes_trouble_with_the_keys_as_try_later():
    assert issubclass(KeysUnusable, Transient)


def test_processes_that_start_at_once_agree_on_one_key(tmp_path):
    path = tmp_path / "secret-keys"
    program = f"from pathlib import Path; from logic.secretkeys import Keyring; print(Keyring(Path({str(path)!r})).encrypt('x'))"

    starting = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    tokens = [process.communicate(timeout=60)[0].strip() for process in starting]

    assert [Keyring(path).decrypt(token) for token in tokens] == ["x"] * 4
    assert len(path.read_text().splitlines()) == 1


def test_a_process_that_comes_second_leaves_the_firsts_key(keyring):
    token = keyring.encrypt("x")

    secretkeys._make(keyring.path)

    assert keyring.decrypt(token) == "x"
    assert [path.name for path in keyring.path.parent.iterdir()] == ["secret-keys"]


def test_before_a_file_is_named_there_is_no_keyring(monkeypatch):
    monkeypatch.setattr(secretkeys, "_current", None)

    with pytest.raises(RuntimeError, match="use first"):
        secretkeys.current()
