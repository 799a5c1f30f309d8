"""Kind → adapter, literally. ``logic.placement`` rows name the kind."""

KINDS: dict[str, str] = {
    "ganeti": "logic.backends.ganeti.GanetiBackend",
}
