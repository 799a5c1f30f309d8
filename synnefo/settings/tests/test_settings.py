"""Ours are Django's under their own names."""

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password

from logic import secretkeys

COMPUTED = {"VAR_DIR", "SECRET_KEYS_FILE", "DATABASES", "IMAGES_DIR"}


def test_each_setting_of_ours_is_in_djangos():
    ours = settings.CONFIGURATION

    assert {name: getattr(settings, name) for name in ours if name not in COMPUTED | {"ALLOWED_HOSTS"}} == {
        name: value for name, value in ours.items() if name not in COMPUTED | {"ALLOWED_HOSTS"}
    }


def test_the_credential_keys_are_where_the_settings_say():
    assert secretkeys.current().path == settings.SECRET_KEYS_FILE


def test_passwords_are_hashed_with_argon2():
    hashed = make_password("word")

    assert hashed.startswith("argon2$")
    assert check_password("word", hashed)
