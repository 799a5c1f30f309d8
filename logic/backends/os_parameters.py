"""What each OS provider on the nodes is told of an instance to make, and under which names: a literal table.

Pure. ``logic.compute.creating`` collects what is to be told, in our names, and refuses what the provider could not do; the
adapter ``ganeti`` translates. Secret values go as Ganeti's secret parameters, which never reach its job files, its
configuration or its answers (2.16 and later).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

OURS: Final = "synnefo-image"
PASSWORD: Final = "img_passwd"  # noqa: S105 - its name; in commands it is encrypted (``logic.secretkeys``)
USER_DATA: Final = "cloud_userdata"
SECRETS: Final = "secrets"  # the id under which a node asks the API for what a reinstallation cannot be told
# What a tenant has asked for: to leave it out in silence would be a lie.
ASKED_FOR: Final[dict[str, str]] = {
    "auth_keys": "a key pair", "cloud_userdata": "user data", "img_passwd": "a password",
}  # fmt: skip
SECRET: Final = frozenset({"img_passwd", "img_passwd_hash", "cloud_userdata", "img_personality"})
_ALWAYS: Final = frozenset({"img_id", "img_format"})


class Provider(NamedTuple):
    """``known`` are the parameters that it takes, ``formats`` its words for ours, ``config_disk`` whether metadata is left
    on a disk of its own, ``keeps`` whether a reinstallation, which can tell no secrets, keeps the user data of before and can ask
    the API for other, ``grows`` whether it makes file systems fill the disk whatever is wanted, ``more_disks`` whether it makes
    those for swap and ephemeral ones ready, which it knows by their names, ``brings`` whether what is on disks can be brought to
    the API by an export that this has asked for."""

    known: frozenset[str]
    formats: Mapping[str, str] = {}
    config_disk: bool = False
    keeps: bool = False
    grows: bool = True
    more_disks: bool = False
    brings: bool = False


class Told(NamedTuple):
    """The parameters of a create."""

    public: dict[str, str]
    secret: dict[str, str]


# By the name of the OS definition, without its variant.
PROVIDERS: Final[dict[str, Provider]] = {
    OURS: Provider(
        _ALWAYS | {"img_checksum", "img_passwd", "auth_keys", "cloud_userdata", "hostname", "instance_id", SECRETS},
        config_disk=True,
        more_disks=True,
        keeps=True,
        grows=False,  # a guest does that by itself, or does not
        brings=True,
    ),
    "snf-image": Provider(
        _ALWAYS | {"img_passwd", "img_properties", "img_personality", "auth_keys", "cloud_userdata"},
        formats={"raw": "diskdump"},
    ),
    # gnt-instance-image; its dumps are called <img_id>-x86_64-root.dump.
    "image": Provider(_ALWAYS | {"img_passwd"}, formats={"raw": "dump", "qcow2": "qemu"}),
}
# An operator's own, which we do not know: the names that snf-image gave them.
ANOTHER: Final = Provider(_ALWAYS | {"img_passwd", "auth_keys", "cloud_userdata"})


def provider_of(os: str) -> Provider:
    """``os`` with its variant, as Ganeti takes it: ``snf-image+default``."""
    return PROVIDERS.get(os.partition("+")[0], ANOTHER)


def brings_passwords(os: str) -> bool:
    """Is it known of this definition that it does?"""
    return PASSWORD in PROVIDERS[base].known if (base := os.partition("+")[0]) in PROVIDERS else False


def asks_secrets(os: str) -> bool:
    """Does a reinstallation ask the APIs for what is secret?"""
    return SECRETS in provider_of(os).known


def undeliverable(os: str, params: Mapping[str, str]) -> list[str]:
    """What a tenant asked for and this provider cannot bring to the guest, in words."""
    known = provider_of(os).known
    return [words for name, words in ASKED_FOR.items() if params.get(name) and name not in known]


def told(os: str, params: Mapping[str, str]) -> Told:
    """What of ``params`` the provider takes, in its words."""
    provider = provider_of(os)
    taken = {name: value for name, value in params.items() if name in provider.known and value}
    if "img_format" in taken:
        taken["img_format"] = provider.formats.get(taken["img_format"], taken["img_format"])
    secret = {name: value for name, value in taken.items() if name in SECRET}
    return Told({name: value for name, value in taken.items() if name not in secret}, secret)


def told_again(os: str, params: Mapping[str, str]) -> dict[str, str]:
    """What of ``params`` it takes at a reinstallation: nothing secret, and an empty value where one of before must not stay."""
    emptied = {name: "" for name, value in params.items() if not value and name in provider_of(os).known - SECRET}
    return told(os, params).public | emptied
