"""Glance v2 over ``logic.image``."""
