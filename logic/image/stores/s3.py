"""A store in a bucket of any service that speaks S3: AWS, MinIO, Ceph's gateway, Garage and the like.

Content goes there as it comes, in parts of ``part_mib`` (a smaller one at once), and nothing of it is on a disk of ours. A reader
finds all or nothing: an object is there when its upload was completed. Called by ``opening``, with the site's settings; botocore
is imported by the first use, since sites without such a store need not wait for it.
"""

import base64
import errno
import functools
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from logic.configuration.schema import ImageStore
from logic.image.stores import BLOCK, Absent, Writing, checked

MIB: Final = 2**20
PARTS: Final = 10_000  # S3's most of one upload
CONNECT, SILENCE, TRIES = 10, 60, 4  # seconds, seconds, attempts at one call


class Bucket:
    """The store that these settings name. An ``OSError`` of it says what was asked, and the service's code."""

    kind = "s3"

    def __init__(self, about: ImageStore) -> None:
        self._about, self.part = about, about.part_mib * MIB
        self.most = self.part * PARTS

    @functools.cached_property
    def client(self) -> Any:
        one = self._about
        return _client(one.endpoint, one.region, one.addressing, one.ca_file, one.access_key, one.secret_key_file)

    def writing(self, name: str) -> Writing:
        self._forget(name)
        return _Sending(self, name)

    def pieces(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        place = self.place(name)
        if length == 0:
            with _asking("head"):
                self.client.head_object(**place)
            return iter(())
        span = {"Range": f"bytes={start}-{start + length - 1 if length else ''}"} if start or length else {}
        with _asking("read", _BEHIND):
            return _read(self.client.get_object(**place, **span)["Body"])
        return iter(())

    def remove(self, name: str) -> None:
        self._forget(name)
        with _asking("remove", _ABSENT):
            self.client.delete_object(**self.place(name))

    def place(self, name: str) -> dict[str, str]:
        """Raises ``ValueError`` for what is no id."""
        return {"Bucket": self._about.bucket, "Key": self._about.prefix + checked(name)}

    def _forget(self, name: str) -> None:
        """Uploads of it that were begun and not completed."""
        place = self.place(name)
        with _asking("list"):
            found = self.client.list_multipart_uploads(Bucket=place["Bucket"], Prefix=place["Key"])
        for one in found.get("Uploads", []):
            if one["Key"] == place["Key"]:
                self.abort(name, one["UploadId"])

    def abort(self, name: str, upload: str) -> None:
        with _asking("abort", _ABSENT):
            self.client.abort_multipart_upload(**self.place(name), UploadId=upload)


class _Sending:
    """What has come and is less than a part is in memory."""

    def __init__(self, bucket: Bucket, name: str) -> None:
        self._bucket, self._name, self._place = bucket, name, bucket.place(name)
        self._held = bytearray()
        self._upload = ""
        self._parts: list[dict[str, Any]] = []
        self._size = 0

    def write(self, piece: bytes) -> None:
        self._held += piece
        self._size += len(piece)
        while len(self._held) >= self._bucket.part:
            self._send(bytes(self._held[: self._bucket.part]))
            del self._held[: self._bucket.part]

    def finish(self) -> None:
        if not self._upload:
            with _asking("write"):
                self._bucket.client.put_object(**self._place, **_body(bytes(self._held)))
            return
        if self._held:
            self._send(bytes(self._held))
        self._complete()
        self._upload = ""

    def abandon(self) -> None:
        self._held.clear()
        if self._upload:
            self._bucket.abort(self._name, self._upload)
            self._upload = ""

    def _send(self, part: bytes) -> None:
        client, number = self._bucket.client, len(self._parts) + 1
        with _asking("write"):
            if not self._upload:
                self._upload = client.create_multipart_upload(**self._place)["UploadId"]
            sent = client.upload_part(**self._place, UploadId=self._upload, PartNumber=number, **_body(part))
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})

    def _complete(self) -> None:
        """An answer that was lost is asked for again, and then hears that there is no such upload any more."""
        client, parts = self._bucket.client, {"Parts": self._parts}
        try:
            with _asking("complete"):
                client.complete_multipart_upload(**self._place, UploadId=self._upload, MultipartUpload=parts)
        except Absent:
            with _asking("head"):
                there = client.head_object(**self._place)
            if there["ContentLength"] != self._size:
                raise OSError(errno.EIO, "S3 complete: the upload is gone") from None


def _body(part: bytes) -> dict[str, Any]:
    """With a sum that the service compares."""
    sum = base64.b64encode(hashlib.md5(part, usedforsecurity=False).digest()).decode()
    return {"Body": part, "ContentMD5": sum}


def _read(body: Any) -> Iterator[bytes]:
    try:
        while True:
            with _asking("read"):
                piece: bytes = body.read(BLOCK)
            if not piece:
                return
            yield piece
    finally:
        body.close()


@functools.lru_cache(maxsize=16)
def _client(endpoint: str, region: str, addressing: str, ca_file: str, key: str, secret_file: str) -> Any:  # noqa: PLR0913
    """Safe for several threads, and dear to make."""
    import botocore.session  # noqa: PLC0415 - 0.2 s and 20 MiB that others do not need
    from botocore.config import Config  # noqa: PLC0415

    when_required = dict.fromkeys(("request_checksum_calculation", "response_checksum_validation"), "when_required")
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": addressing},
        retries={"mode": "standard", "total_max_attempts": TRIES},
        connect_timeout=CONNECT,
        read_timeout=SILENCE,
        max_pool_connections=32,
        **when_required,  # newer sums in trailers are not known to every service; parts have Content-MD5
    )
    return botocore.session.Session().create_client(
        "s3",
        region_name=region,
        endpoint_url=endpoint or None,
        verify=ca_file or None,
        aws_access_key_id=key,
        aws_secret_access_key=Path(secret_file).read_text().strip(),
        config=config,
    )


_ABSENT: Final = frozenset({"NoSuchKey", "NoSuchUpload", "404"})
_BEHIND: Final = frozenset({"InvalidRange", "416"})


@contextmanager
def _asking(what: str, well: frozenset[str] = frozenset()) -> Iterator[None]:
    """Errors of the library as :class:`Absent`, or as ``OSError`` with the service's code alone: its messages and their causes
    may repeat what was sent. The codes in ``well`` are no errors."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in well:
            return
        if code in _ABSENT:
            raise Absent(what) from None
        raise OSError(errno.EIO, f"S3 {what}: {code}") from None
    except BotoCoreError as error:
        raise OSError(errno.EIO, f"S3 {what}: {type(error).__name__}") from None
