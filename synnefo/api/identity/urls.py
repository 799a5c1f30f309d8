"""Keystone's addresses, below ``/identity``."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
