"""Explain refusals of an S3 server, and how to resolve them."""

from __future__ import annotations

import re
import socket
import ssl
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_client import (
    Answer,
    RefusedError,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import Storage

WORDS = {
    "SignatureDoesNotMatch": "the secret key is wrong. Correct registry_storage_secret_key",
    "InvalidAccessKeyId": "there is no such access key. Correct registry_storage_access_key",
    "ExpiredToken": "the role's credentials have expired. Look at the host's role",
    "NoSuchBucket": "there is no bucket {bucket}. Create it, or correct registry_storage_bucket",
    "InvalidBucketName": "{bucket} is no name of a bucket. Correct registry_storage_bucket",
    "AccessDenied": "the login may not {action}. Allow it: docs/storage.md has a policy",
    "AllAccessDisabled": "the account is closed. Ask the provider",
    "InvalidStorageClass": "it has no class {storage_class}. Change registry_storage_storage_class",
    "NotImplemented": "it cannot {action}. The registry needs that: take another server",
    "SlowDown": "it is overloaded. Try again later",
    "ServiceUnavailable": "it is not available. Try again later",
    "QuotaExceeded": "the quota is used up. Ask for more, or make room",
}
"""Explanation by error code."""

SKEW = "the host's clock is {skew:+.0f} s off the server's. Set up time synchronisation"
REGION = "the bucket is in another region{region}. Correct registry_storage_region"
WRONG_REGION = ("AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraint")


def words(error: Exception, facts: Storage) -> str:
    """Return a sentence about the problem and its solution."""
    if isinstance(error, RefusedError):
        text = _refusal(error.action, error.answer, facts)
    else:
        text = _connection(error)
    return f"{facts['place']}: {text}"


def _refusal(action: str, answer: Answer, facts: Storage) -> str:
    code = answer.code
    if code == "RequestTimeTooSkewed":
        return f"{SKEW.format(skew=_skew(answer))} ({code})"
    region = _region(answer)
    moved = answer.status in (301, 307, 400) and region not in ("", facts["region"])
    if code in WRONG_REGION or moved:
        return REGION.format(region=f": {region}" if region else "") + _named(code)
    known = WORDS.get(code) or {404: WORDS["NoSuchBucket"], 403: WORDS["AccessDenied"]}.get(
        answer.status, ""
    )
    if known:
        return known.format(action=action, **facts) + _named(code)
    message = _message(answer)
    return f"{action} gives {answer.status}{_named(code)}{': ' + message if message else ''}"


def _named(code: str) -> str:
    return f" ({code})" if code else ""


def _message(answer: Answer) -> str:
    try:
        return " ".join((answer.xml().findtext("Message") or "").split())[:200]
    except SyntaxError:  # of XML
        return ""


def _region(answer: Answer) -> str:
    """Return the region in which the server says the bucket is."""
    header = answer.headers.get("x-amz-bucket-region")
    found = header or next(iter(re.findall(rb"<Region>([a-z0-9-]+)</Region>", answer.body)), b"")
    if not found:
        found = next(iter(re.findall(rb"expecting '([a-z0-9-]+)'", answer.body)), b"")
    return found.decode() if isinstance(found, bytes) else str(found)


def _skew(answer: Answer) -> float:
    """Return the seconds by which this host's clock is ahead of the server's."""
    try:
        return time.time() - parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (TypeError, ValueError):
        return 0.0


def _connection(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message
        return f"its certificate is not trusted: {why}. Give its root in registry_service_ca"
    if isinstance(error, socket.gaierror):
        return f"its name cannot be resolved: {error.strerror}. Correct registry_storage_endpoint"
    if isinstance(error, TimeoutError):
        return "no answer in time. Look at firewalls between the host and the server"
    return f"it cannot be reached: {error}. Look at the server and at firewalls"
