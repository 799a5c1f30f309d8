"""What Neutron's part tells of itself: versions, collections, extensions and zones."""

from typing import Literal, TypedDict

from synnefo.api.kernel.answers import Links


class Version(TypedDict):
    id: str
    status: Literal["CURRENT"]
    links: Links


class Collection(TypedDict):
    """``name`` is the key of one, ``collection`` that of a list."""

    name: str
    collection: str
    links: Links


class Extension(TypedDict):
    alias: str
    name: str
    description: str
    updated: str
    links: Links


class Zone(TypedDict):
    """A cluster, which has every network."""

    name: str
    resource: Literal["network"]
    state: Literal["available", "unavailable"]


class Agent(TypedDict):
    """There is none in this cloud."""

    id: str
