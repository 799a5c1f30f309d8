"""The app's name and label for Django."""

from django.apps import AppConfig


class QuotaConfig(AppConfig):
    name = "logic.quota"
    label = "quota"
