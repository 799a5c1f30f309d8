"""Django settings."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(os.environ.get("SYNNEFO_VAR", BASE_DIR / "var"))
SECRET_KEY = "not used: no sessions, no signed cookies"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "synnefo.urls"
ASGI_APPLICATION = "synnefo.asgi.application"
USE_TZ = True
APPEND_SLASH = False
MIDDLEWARE: list[str] = []
INSTALLED_APPS = [
    "logic.identity",
    "logic.placement",
    "logic.quota",
    "logic.image",
    "logic.network",
    "logic.compute",
    "logic.ledger",
    "synnefo",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "synnefo.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        },
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
BACKEND_PREFIX_ID = "snf-"
