"""The app's name and label for Django."""

from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "logic.network"
    label = "network"
