"""Certificates that users are known by in guests, where those know no SSH keys: read, and made. Pure, but for chance.

Called by ``keypairs``. Nova's for Windows: the user's name is in the alternative names, as its logons look for it.
"""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from logic import clock
from logic.errors import BadRequest

BITS, YEARS = 2048, 10
_PRINCIPAL = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")  # a user's principal name
_UTF8 = 0x0C  # the tag of a text in DER
_MOST = 64  # characters of a common name


def fingerprint(certificate: str) -> str:
    """SHA-1 of a PEM certificate, in pairs of digits. Raises :class:`BadRequest`."""
    try:
        read = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError as error:
        raise BadRequest(reason="The public_key is not a certificate in PEM format.") from error
    return read.fingerprint(hashes.SHA1()).hex(":")  # noqa: S303 - a name for it, as Nova's


def made(user: str) -> tuple[str, str]:
    """A certificate signed by itself, and its key, both in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user[:_MOST])])
    principal = f"{user[:_MOST]}@localhost".encode()
    known_as = x509.OtherName(_PRINCIPAL, bytes([_UTF8, len(principal)]) + principal)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(clock.new_uuid().int)
        .not_valid_before(clock.now())
        .not_valid_after(clock.now() + datetime.timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectAlternativeName([known_as]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()
