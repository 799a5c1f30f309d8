"""Ports that tenants make without a server, and what of any port is theirs to change."""
