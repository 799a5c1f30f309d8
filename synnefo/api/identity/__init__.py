"""Keystone v3 over ``logic.identity``."""
