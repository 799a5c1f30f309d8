"""The one way a request is handled, for every OpenStack service.

    read → authenticate → version → decode → call → render → fault

A facade writes views ``def view(call: Call, **path: str) -> Answer`` and lists them with ``route`` in its ``urls.py``;
``synnefo/api/services.py`` mounts it. ``calls`` has what a view gets and gives, ``dialects`` how each service words a
refusal, ``paging`` and ``times`` what lists and dates have in common. The rest is for this package.
"""
