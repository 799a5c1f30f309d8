"""What may be asked of key pairs: keep a public key, make a pair, forget one.

Called by the API facades. No backend knows of them: a public key goes into a server when it is made. A private key is
handed to its maker once and kept nowhere.
"""

import base64
import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from logic import clock
from logic.access import Caller, require
from logic.compute import certificates, queries
from logic.compute.infos import KeyPairInfo
from logic.compute.models import KeyPair
from logic.errors import BadRequest, Duplicate, QuotaExceeded
from logic.quota import queries as quotas
from logic.transactions import atomically

SSH, X509 = "ssh", "x509"
SEED = 32  # bytes of an ed25519 private key


@atomically
def import_keypair(caller: Caller, name: str, public_key: str, *, user: str = "", kind: str = SSH) -> KeyPairInfo:
    """Keep a public key, or a certificate, under a name. Raises :class:`Duplicate`, :class:`QuotaExceeded`, :class:`BadRequest`
    for what is neither."""
    require(caller, "member", "import a key pair")
    owner = queries.owner(caller, user)
    if KeyPair.objects.filter(user=owner, name=name).exists():
        raise Duplicate(kind="key pair", id=name)
    used, limit = KeyPair.objects.filter(user=owner).count(), quotas.limits(caller.project, owner).get("key_pairs", -1)
    if 0 <= limit <= used:
        raise QuotaExceeded(resource="key_pairs", requested=1, used=used, limit=limit)
    told = certificates.fingerprint(public_key) if kind == X509 else fingerprint(public_key)
    KeyPair.objects.create(user=owner, name=name, type=kind, public_key=public_key, fingerprint=told)
    return queries.keypair(caller, name, user=owner)


def make_keypair(caller: Caller, name: str, *, user: str = "", kind: str = SSH) -> tuple[KeyPairInfo, str]:
    """A new ed25519 pair, or a certificate with its key: the public half is kept, the private one (OpenSSH format, PEM) is in
    the answer only. Raises as :func:`import_keypair`."""
    if kind == X509:
        certificate, key = certificates.made(queries.owner(caller, user))
        return import_keypair(caller, name, certificate, user=user, kind=X509), key
    seed = base64.urlsafe_b64decode(clock.new_token(SEED) + "=")
    pair = Ed25519PrivateKey.from_private_bytes(seed)
    encoding, formats = serialization.Encoding, serialization
    private = pair.private_bytes(encoding.PEM, formats.PrivateFormat.OpenSSH, formats.NoEncryption())
    public = pair.public_key().public_bytes(encoding.OpenSSH, formats.PublicFormat.OpenSSH)
    info = import_keypair(caller, name, f"{public.decode()} Generated-by-Synnefo", user=user)
    return info, private.decode()


def fingerprint(public_key: str) -> str:
    """MD5 over the key's bytes, in pairs of digits, as Nova prints it. Raises :class:`BadRequest`."""
    if "\n" in public_key.strip():
        raise BadRequest(reason="The public_key has more than one line. Send one key, such as `ssh-ed25519 AAAA…`.")
    try:
        serialization.load_ssh_public_key(public_key.strip().encode())
        blob = base64.b64decode(public_key.split()[1])
    except (ValueError, IndexError, UnsupportedAlgorithm) as error:
        raise BadRequest(reason="The public_key is not an OpenSSH public key, such as `ssh-ed25519 AAAA…`.") from error
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[place : place + 2] for place in range(0, 32, 2))


@atomically
def delete_keypair(caller: Caller, name: str, *, user: str = "") -> None:
    """Raises :class:`NotFound`."""
    require(caller, "member", "delete a key pair")
    known = queries.keypair(caller, name, user=user)
    KeyPair.objects.filter(pk=known.id).delete()
