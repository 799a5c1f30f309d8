"""Credentials that are kept, EC2 keys, and signed requests."""

from typing import Annotated

from msgspec import Meta, Struct

from synnefo.api.identity.requests.words import Id, ShortName, Text

Word = Annotated[str, Meta(max_length=1024)]
Words = Annotated[dict[Word, Text], Meta(max_length=500)]


class StoredBody(Struct, forbid_unknown_fields=True):
    type: ShortName
    blob: Annotated[str, Meta(min_length=1, max_length=65_535)]
    user_id: Id | None = None
    project_id: Id | None = None


class StoredRequest(Struct, forbid_unknown_fields=True):
    credential: StoredBody


class StoredPatch(Struct, forbid_unknown_fields=True):
    type: ShortName | None = None
    blob: Annotated[str, Meta(min_length=1, max_length=65_535)] | None = None
    user_id: Id | None = None
    project_id: Id | None = None


class StoredPatchRequest(Struct, forbid_unknown_fields=True):
    credential: StoredPatch


class Ec2Request(Struct, forbid_unknown_fields=True):
    tenant_id: Id


class SignedBody(Struct):
    access: Word
    signature: Word
    host: Word = ""
    verb: Word = ""
    path: Text = ""
    params: Words = {}
    headers: Words = {}
    body_hash: Word = ""


class SignedRequest(Struct):
    """Under either name, as Keystone takes it."""

    credentials: SignedBody | None = None
    ec2Credentials: SignedBody | None = None  # noqa: N815 - the wire's
