"""The app's name and label for Django."""

from django.apps import AppConfig


class ComputeConfig(AppConfig):
    name = "logic.compute"
    label = "compute"
