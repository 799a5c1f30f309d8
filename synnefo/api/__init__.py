"""The cloud's APIs, one package a service: decode, call one function of ``logic``, render. ``kernel`` is what they share."""
