"""Routers: rows that join networks and lead outside, the ports that they have there, and which node of a cluster carries each.

No cluster has a command for them: nodes ask what they have to carry (``carrying``), by levels, under a lease.
"""
