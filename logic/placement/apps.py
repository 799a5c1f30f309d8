"""The app's name and label for Django."""

from django.apps import AppConfig


class PlacementConfig(AppConfig):
    name = "logic.placement"
    label = "placement"
