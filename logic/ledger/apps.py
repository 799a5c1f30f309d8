"""The app's name and label for Django."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "logic.ledger"
    label = "ledger"
