"""Cinder's views: decode, one function of ``logic``, render."""
