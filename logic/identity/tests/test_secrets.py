"""Hashes, as they are in production."""

import pytest

from logic.errors import BadRequest, TooManyRequests, Unavailable
from logic.identity import attempts, secrets
from logic.identity.tests.worlds import later


def test_passwords_are_kept_as_argon2id_of_at_least_the_recommended_cost():
    kept = secrets.hashed("correct horse")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert secrets.matches(kept, "correct horse")
    assert not secrets.matches(kept, "correct horsf")


@pytest.mark.parametrize("password", ["", "x" * (secrets.MAX_PASSWORD + 1)])
def test_a_password_has_a_length(password):
    with pytest.raises(BadRequest):
        secrets.hashed(password)


@pytest.mark.parametrize("kept", ["", "!", "plain", "$argon2id$broken"])
def test_nothing_matches_what_is_no_hash(kept):
    assert not secrets.matches(kept, kept)


def test_a_password_that_cannot_be_verified_for_want_of_memory_is_not_called_wrong(monkeypatch):
    # Given a hash that takes more memory than any machine has
    kept = secrets.hashed("correct horse").replace("m=19456", "m=4194304000")
    # Then
    with pytest.raises(Unavailable):
        secrets.matches(kept, "correct horse")


def test_only_so_many_users_and_addresses_are_remembered(monkeypatch):
    monkeypatch.setattr(attempts, "MAX_KEYS", 3)
    bound = attempts.Attempts()
    for number in range(10):
        bound.begin((str(number), "a"))
        bound.failed((str(number), "a"))
    assert [key[0] for key in bound._pairs._times] == ["7", "8", "9"]
    assert [key[0] for key in bound._users._times] == ["7", "8", "9"]


def test_the_wait_that_is_told_is_long_enough():
    bound = attempts.Attempts()
    for _ in range(attempts.LIMIT):
        bound.begin(("demo", "a"))
    with pytest.raises(TooManyRequests) as caught:
        bound.begin(("demo", "a"))
    with later(caught.value.facts["retry_after"]):
        bound.begin(("demo", "a"))
