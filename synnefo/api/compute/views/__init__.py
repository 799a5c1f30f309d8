"""Decode, call one function of ``logic``, render: five lines a view. ``urls`` says which role and versions each needs."""
