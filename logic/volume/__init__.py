"""Volumes of tenants: their rows, their life, and what may be asked of them."""
