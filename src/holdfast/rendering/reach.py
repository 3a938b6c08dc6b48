"""Whether the registry has to reach other machines: without that its unit has no network at all."""

from __future__ import annotations

from holdfast.settings import Settings
from holdfast.settings.auth import Token
from holdfast.settings.cache import ExternalCache
from holdfast.settings.storage import Remote


def leaves_host(settings: Settings) -> bool:
    """Tell whether the registry connects to anything but its own socket and its disk."""
    asks = isinstance(settings.storage, Remote) or isinstance(settings.cache, ExternalCache)
    return asks or bool(settings.notifications.endpoints) or settings.only_mirror


def asks_directory(settings: Settings) -> bool:
    """Tell whether the issuer of tokens asks a directory, which is another machine, for logins."""
    return isinstance(settings.auth, Token) and bool(settings.auth.directory_urls)
