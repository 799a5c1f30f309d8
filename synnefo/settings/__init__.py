"""Django's settings, made from ``settings.d`` by ``logic.configuration``: every setting of ours is in
``django.conf.settings`` under its own name. Those that only Django needs are below and nobody's to change.

``CONFIGURATION`` keeps the origins (``manage.py settings``). Logs are set up by each program: ``synnefo.logging``.
"""

import os
import sys
from pathlib import Path

import logic.identity.rules  # noqa: F401 - rules are registered by being imported
import synnefo.api.policies  # noqa: F401 - and these
from logic import policy, secretkeys
from logic.configuration import ConfigurationError, load, site_directories
from logic.configuration.policies import policy_file
from synnefo.settings.databases import databases

BASE_DIR = Path(__file__).resolve().parents[2]
SHIPPED = BASE_DIR / "settings.d"
SHORT = {"SYNNEFO_VAR_DIR": os.environ["SYNNEFO_VAR"]} if "SYNNEFO_VAR" in os.environ else {}
ENVIRON = {**SHORT, **os.environ}
try:
    CONFIGURATION = load([SHIPPED, *site_directories(ENVIRON)], ENVIRON)
except ConfigurationError as error:
    sys.exit(f"The settings cannot be used:\n{error}")
globals().update(CONFIGURATION)

VAR_DIR = Path(CONFIGURATION.typed.VAR_DIR or BASE_DIR / "var")
SECRET_KEYS_FILE = Path(CONFIGURATION.typed.SECRET_KEYS_FILE or VAR_DIR / "secret-keys")
IMAGES_DIR = Path(CONFIGURATION.typed.IMAGES_DIR or VAR_DIR / "images")
IMAGE_STORES = CONFIGURATION.typed.IMAGE_STORES
DATABASES = databases(CONFIGURATION.typed, VAR_DIR)
secretkeys.use(SECRET_KEYS_FILE)
POLICY_FILE = policy_file(CONFIGURATION.typed.POLICY_FILE, site_directories(ENVIRON))
try:
    policy.use(Path(POLICY_FILE) if POLICY_FILE else None)
except policy.PolicyError as error:
    sys.exit(f"The policy cannot be used:\n{error}")

SECRET_KEY = "not used: no sessions, no signed cookies"  # noqa: S105
DEBUG = False
ROOT_URLCONF = "synnefo.urls"
ASGI_APPLICATION = "synnefo.asgi.application"
LOGGING_CONFIG = None
USE_TZ = True
USE_I18N = False
APPEND_SLASH = False
MIDDLEWARE: list[str] = []
INSTALLED_APPS = [
    "logic.identity",
    "logic.placement",
    "logic.quota",
    "logic.image",
    "logic.network",
    "logic.volume",
    "logic.compute",
    "logic.ledger",
    "logic.replies",
    "synnefo",
]
SILENCED_SYSTEM_CHECKS = ["models.W037"]  # MariaDB indexes every row where others index those of a condition
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
