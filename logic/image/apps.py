"""The app's name and label for Django."""

from django.apps import AppConfig


class ImageConfig(AppConfig):
    name = "logic.image"
    label = "image"
