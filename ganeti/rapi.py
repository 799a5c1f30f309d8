"""Ganeti's remote API, typed."""

from ganeti.transport import NotSent, RapiRequest, RapiResponse, ReplyLost, Transport

__all__ = ["NotSent", "RapiRequest", "RapiResponse", "ReplyLost", "Transport"]
