"""Cinder's API, version 3: volumes, their types, quotas and limits."""
