"""Django's entry for this app."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "logic.identity"
    label = "identity"
