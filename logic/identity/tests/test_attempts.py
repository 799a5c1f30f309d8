"""Guessing is bounded by user and address, by address and, where the site wants it, by account."""

import pytest

from logic.errors import TooManyRequests
from logic.identity import secrets
from logic.identity.commands import users
from logic.identity.commands.users import UserChanges
from logic.identity.refusals import LoginFailed
from logic.identity.tests.worlds import DEMO_PASSWORD, later, log_in

pytestmark = pytest.mark.usefixtures("cloud")


def guess(name="demo", address="192.0.2.1", password="guess"):
    with pytest.raises(LoginFailed) as caught:
        log_in(name, password, address=address)
    return caught.value.sentence


def test_an_address_is_turned_away_whoever_it_guesses_for(settings):
    settings.LOGIN_FAILURES_PER_ADDRESS = 5
    for number in range(5):
        guess(f"user {number}")
    for name in ("demo", "nobody"):
        with pytest.raises(TooManyRequests) as caught:
            log_in(name)
        assert 0 < caught.value.facts["retry_after"] <= 60
    assert log_in(address="192.0.2.2").token
    with later(61):
        assert log_in().token


def test_logins_that_succeed_do_not_use_an_address_up(settings):
    settings.LOGIN_FAILURES_PER_ADDRESS = 2
    guess()
    for _ in range(5):
        log_in()
    guess()
    with pytest.raises(TooManyRequests):
        log_in()


@pytest.fixture
def locking(settings):
    settings.LOCKOUT_FAILURES, settings.LOCKOUT_SECONDS = 3, 120


@pytest.mark.usefixtures("locking")
def test_an_account_that_failed_from_anywhere_is_locked_for_a_while():
    for number in range(3):
        guess(address=f"192.0.2.{number}")
    wrong, right = guess(address="192.0.2.9"), guess(password=DEMO_PASSWORD, address="192.0.2.10")
    assert wrong == right == guess("nobody", address="192.0.2.11")
    assert log_in("admin", "the admin's password", "admin").token
    with later(121):
        assert log_in().token


@pytest.mark.usefixtures("locking")
def test_asking_a_locked_account_does_not_lock_it_longer():
    for number in range(3):
        guess(address=f"192.0.2.{number}")
    with later(100):
        guess(address="192.0.2.9")
    with later(121):
        assert log_in().token


@pytest.mark.usefixtures("locking")
def test_a_success_in_between_begins_the_count_anew():
    for _ in range(3):
        guess()
        guess()
        log_in()


@pytest.mark.usefixtures("locking")
def test_an_account_may_be_exempt(admin, demo):
    users.change_user(admin, demo.user, UserChanges(options={"ignore_lockout_failure_attempts": True}))
    for number in range(5):
        guess(address=f"192.0.2.{number}")
    assert log_in().token


@pytest.mark.usefixtures("locking")
def test_a_locked_account_costs_as_much_as_any_other(monkeypatch):
    for number in range(3):
        guess(address=f"192.0.2.{number}")
    verified = []
    real = secrets.matches
    monkeypatch.setattr(secrets, "matches", lambda *args: (verified.append(args), real(*args))[1])
    guess(address="192.0.2.9")
    guess("nobody", address="192.0.2.10")
    assert len(verified) == 2


def test_without_the_setting_no_account_is_locked():
    for number in range(30):
        guess(address=f"192.0.2.{number}")
    assert log_in(address="198.51.100.1").token
