"""The server's TLS certificate: made by itself at the first start, kept beside its key, to be pinned by clients.

Like Ganeti's own it is nobody's authority and its name proves nothing.
"""

import datetime
import ipaddress
import os
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from logic import clock

_VALID = datetime.timedelta(days=3650)
_SKEW = datetime.timedelta(days=1)
_NAME = "ganeti.example.com"


def context(directory: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context, and the certificate's file. Certificate and key are made when they are not there."""
    certificate, key = directory / "rapi.pem", directory / "rapi.key"
    if not (certificate.exists() and key.exists()):
        _make(certificate, key)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(certificate, key)
    return made, certificate


def _make(certificate: Path, key: Path) -> None:
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - _SKEW)
        .not_valid_after(clock.now() + _VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(secret, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    encoded = secret.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    _write(key, encoded)
    _write(certificate, signed.public_bytes(serialization.Encoding.PEM))


def _write(path: Path, body: bytes) -> None:
    temporary = path.with_name(path.name + ".tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(body)
    temporary.replace(path)
