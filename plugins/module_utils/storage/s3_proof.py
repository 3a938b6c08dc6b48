"""Prove that a bucket supports every operation of the registry."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_client import (
    Bucket,
    RefusedError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_errors import words

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import Storage

SCRATCH = "holdfast-probe"


def proof(bucket: Bucket, *, writes: bool) -> list[str]:
    """Return the problems of a bucket; empty if there are none.

    With `writes` the test also writes, copies and deletes below a scratch prefix. Without it, it
    only lists.
    """
    try:
        _list(bucket)
        if writes:
            _write(bucket)
    except (RefusedError, OSError) as error:
        return [words(error, bucket.facts)]
    finally:
        bucket.close()
    return []


def placed(facts: Storage) -> dict[str, str]:
    """Return the headers that the registry sends when it stores: class and encryption."""
    found = {
        "x-amz-storage-class": "" if facts["storage_class"] == "NONE" else facts["storage_class"],
        "x-amz-server-side-encryption": facts["encrypt"],
        "x-amz-server-side-encryption-aws-kms-key-id": facts["kms_key"],
    }
    return {name: value for name, value in found.items() if value}


def remove(bucket: Bucket, keys: list[str]) -> None:
    """Delete objects as the registry does: many in one request."""
    body, headers = deletion([(key, "") for key in keys])
    bucket.ask("s3:DeleteObject", "POST", query={"delete": ""}, body=body, headers=headers)


def deletion(which: Iterable[tuple[str, str]]) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a request that deletes keys, or their versions of a number."""
    rows = "".join(
        f"<Object><Key>{_escaped(key)}</Key>"
        + (f"<VersionId>{_escaped(number)}</VersionId>" if number else "")
        + "</Object>"
        for key, number in which
    )
    body = f"<Delete><Quiet>true</Quiet>{rows}</Delete>".encode()
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    return body, {"Content-MD5": base64.b64encode(digest).decode()}


def upload(bucket: Bucket, key: str) -> str:
    """Begin an upload in parts and return its identifier."""
    begun = bucket.ask("s3:PutObject", "POST", key, {"uploads": ""}, headers=placed(bucket.facts))
    return begun.xml().findtext("UploadId") or ""


def complete(bucket: Bucket, key: str, number: str, tags: list[str]) -> None:
    """End an upload in parts; `tags` are the ETags of its parts."""
    rows = "".join(
        f"<Part><PartNumber>{at}</PartNumber><ETag>{_escaped(tag)}</ETag></Part>"
        for at, tag in enumerate(tags, 1)
    )
    body = f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>".encode()
    bucket.ask("s3:PutObject", "POST", key, {"uploadId": number}, body)


def _list(bucket: Bucket) -> None:
    query = {"prefix": bucket.facts["root"], "max-keys": "1"}
    bucket.ask("s3:ListBucket", "GET", query=query)
    bucket.ask("s3:ListBucketMultipartUploads", "GET", query={"uploads": "", "max-uploads": "1"})


def _write(bucket: Bucket) -> None:
    root = bucket.facts["root"]
    folder = f"{root}/{SCRATCH}" if root else SCRATCH
    folder += f"/{secrets.token_hex(8)}"
    one, two, three = (f"{folder}/{name}" for name in ("put", "parts", "copy"))
    content = secrets.token_bytes(1024)
    try:
        bucket.ask("s3:PutObject", "PUT", one, body=content, headers=placed(bucket.facts))
        _same(bucket, one, content)
        _in_parts(bucket, two, content)
        _same(bucket, two, content)
        source = {"x-amz-copy-source": f"/{bucket.facts['bucket']}/{one}"}
        bucket.ask("s3:PutObject", "PUT", three, headers={**source, **placed(bucket.facts)})
        _same(bucket, three, content)
        if {key for key, _ in bucket.objects(f"{folder}/")} != {one, two, three}:
            raise OSError("a list does not show what was just written")
    except BaseException:
        with contextlib.suppress(RefusedError, OSError):
            remove(bucket, [one, two, three])
        raise
    remove(bucket, [one, two, three])


def _in_parts(bucket: Bucket, key: str, content: bytes) -> None:
    number = upload(bucket, key)
    query = {"partNumber": "1", "uploadId": number}
    part = bucket.ask("s3:PutObject", "PUT", key, query, content)
    bucket.ask("s3:ListMultipartUploadParts", "GET", key, {"uploadId": number})
    complete(bucket, key, number, [part.headers.get("ETag", "")])
    dropped = upload(bucket, key)
    bucket.ask("s3:AbortMultipartUpload", "DELETE", key, {"uploadId": dropped})


def _same(bucket: Bucket, key: str, content: bytes) -> None:
    if bucket.ask("s3:GetObject", "GET", key).body != content:
        raise OSError("it gives back other bytes than were written")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
