"""The isolation matrix: every route, asked by every kind of caller, of what is theirs, another tenant's and nobody's.

``synnefo.api.openapi.routes`` lists what the resolver mounts; ``rows`` has a file a service, where each route says who may;
``personas`` are who asks, ``world`` what two tenants have; ``asking`` asks.

How to add a row is in ``docs/security/isolation.md``.
"""
