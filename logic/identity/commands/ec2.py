"""Logging in by a signed EC2 request, which whoever received it has checked here: the token is for the key's user and project.

Signatures are calculated by keystoneclient, as Keystone's own are. A signature is good for a quarter of an hour from the time it
tells, so that one that was overheard is soon worth nothing.
"""

import datetime
import hmac
from collections.abc import Mapping

import msgspec
import structlog

from logic import clock, decoding
from logic.access import Caller
from logic.errors import BadRequest
from logic.identity.commands.stored import Ec2Blob, digest
from logic.identity.commands.tokens import Issued, issue_for
from logic.identity.models import StoredCredential
from logic.identity.queries.stored import EC2, stored_info
from logic.identity.refusals import LoginFailed
from logic.policy import permit

log = structlog.get_logger("synnefo.identity")
GOOD_FOR = datetime.timedelta(minutes=15)
_FORMATS = ("%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S")


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """The request that was signed, as its receiver tells it."""

    access: str
    signature: str
    host: str = ""
    verb: str = ""
    path: str = ""
    params: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body_hash: str = ""


def issue_ec2_token(caller: Caller, signed: Signed) -> Issued:
    """Raises :class:`Forbidden` unless the caller receives such requests, :class:`LoginFailed`, whatever is wrong with the
    signature, :class:`NoSuchScope`, :class:`BadRequest`."""
    permit(caller, "identity:validate_ec2_signature")
    _in_time(signed)
    row = (
        StoredCredential.objects.select_related("user__domain", "project__domain", "source")
        .filter(type=EC2, access=digest(signed.access))
        .first()
    )
    secret = decoding.decode(stored_info(row).blob, Ec2Blob).secret if row else "nobody's"
    right = any(_matches(secret, signed, host) for host in {signed.host, signed.host.partition(":")[0]})
    if row is None or not right:
        log.warning("signature refused", key=row.pk if row else "?", known=bool(row))
        raise LoginFailed
    return issue_for(row)


def _matches(secret: str, signed: Signed, host: str) -> bool:
    """Some clients sign the port of the host, some do not."""
    from keystoneclient.contrib.ec2.utils import Ec2Signer  # noqa: PLC0415 - 0.1 s that nobody else needs

    told = {
        "params": {
            name: value for name, value in signed.params.items() if name not in {"Signature", "X-Amz-Signature"}
        },
        "headers": dict(signed.headers),
        "verb": signed.verb,
        "host": host,
        "path": signed.path,
        "body_hash": signed.body_hash,
    }
    try:
        wanted = Ec2Signer(secret).generate(told)
    except Exception:  # noqa: BLE001 - its own word for a signature of no kind that it knows, and whatever a made-up one trips over
        return False
    wanted = wanted.decode() if isinstance(wanted, bytes) else wanted
    return hmac.compare_digest(wanted.encode(), signed.signature.encode())


def _in_time(signed: Signed) -> None:
    """Raises :class:`LoginFailed` for a signature that is too old or of the future, :class:`BadRequest` without a time. Of
    several times only one may be signed, and each has to be in order: a fresh one is easily put beside an old one."""
    everything = [*signed.params.items(), *signed.headers.items()]
    told = [value for name, value in everything if name.lower() in {"x-amz-date", "timestamp"}]
    if not told:
        raise BadRequest(reason="The signed request tells no X-Amz-Date and no Timestamp.")
    for one in told:
        _check_time(one)


def _check_time(told: str) -> None:
    for form in _FORMATS:
        try:
            moment = datetime.datetime.strptime(told, form).replace(tzinfo=datetime.UTC)
        except ValueError:
            continue
        if abs(clock.now() - moment) > GOOD_FOR:
            raise LoginFailed
        return
    raise BadRequest(
        reason="The time of the signed request is in no form that is known here, such as 20240102T030405Z."
    )
