"""The app's name and label for Django."""

from django.apps import AppConfig


class VolumeConfig(AppConfig):
    name = "logic.volume"
    label = "volume"
