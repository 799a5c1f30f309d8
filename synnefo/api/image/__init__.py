"""Glance v2 over ``logic.image``: reading only, as long as images are made by operators (``fixtures/images.json``)."""
