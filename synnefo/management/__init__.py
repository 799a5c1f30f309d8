"""Operator commands of ``manage.py``."""
