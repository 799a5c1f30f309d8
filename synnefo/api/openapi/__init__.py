"""OpenAPI 3.1 documents of the services, made of what their views say of themselves (``kernel.describing``).

``routes`` lists what is mounted, ``shapes`` makes schemas of structs, ``refusals`` tells which errors a route may give and how
they look, ``document`` puts a service's together, ``serving`` answers with it. Facades know nothing of this package.
"""
