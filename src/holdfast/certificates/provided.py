"""Check the certificates that the user provides, before a deploy."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from holdfast.certificates import clients
from holdfast.certificates.own import own
from holdfast.errors import InputError
from holdfast.settings import Settings


def provided_errors(settings: Settings, folder: Path, now: datetime) -> list[str]:
    """Return the errors in the user's certificates and lists on the controller."""
    found: list[str] = []
    tls, mtls = settings.tls.own, settings.mtls
    try:
        if tls and not tls.host_paths:
            own(settings, tls, folder, now)
    except InputError as error:
        found += error.lines
    try:
        if mtls.verify != "off" and mtls.ca:
            clients.files(settings, folder, now, create=False)
    except InputError as error:
        found += error.lines
    return found
