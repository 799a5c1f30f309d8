"""The app's name and label for Django."""

from django.apps import AppConfig


class RepliesConfig(AppConfig):
    name = "logic.replies"
    label = "replies"
