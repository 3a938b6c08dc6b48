"""An inventory in the making, and what was told of every line on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from holdfast.importing.become import Sources
from holdfast.importing.entries import Entry
from holdfast.importing.extra import nested
from holdfast.importing.target import Target
from holdfast.settings.extra_config import NAME as EXTRA

EXAMPLE = "registry.example.com"
FIRST_USER = "admin"
HASH_FOR_CHECK = "$2b$10$" + "a" * 53

SECRETS = {
    "registry_http_secret",
    "registry_cache_password",
    "registry_cache_sentinel_password",
    "registry_cache_key",
    "registry_cdn_private_key",
    "registry_upstream_password",
    *(f"registry_storage_{key}" for key in ("access_key", "secret_key", "key")),
    *(f"registry_storage_{key}" for key in ("account_key", "client_secret")),
}
"""Variables whose value goes to the vault, and is never shown."""
COMPOSED = {"registry_notifications_endpoints"}
"""Variables that several keys make together; what of them is secret goes to the vault."""

Became = Literal["setting", "kept", "same", "dropped", "missing"]


@dataclass(frozen=True)
class Told:
    """What became of one line."""

    place: str
    key: str
    became: Became
    text: str


@dataclass
class Imported:
    """An inventory in the making, and what was told of every line on the way."""

    target: Target
    sources: Sources
    variables: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    """Values by path that go to registry_extra_config."""
    users: dict[str, str] = field(default_factory=dict)
    """bcrypt hashes by name."""
    told: list[Told] = field(default_factory=list)
    origin: dict[str, Entry] = field(default_factory=dict)
    """The key that each variable and each addition came from."""
    also: dict[str, list[Entry]] = field(default_factory=dict)
    """The other keys that a composed variable came from."""

    def tell(self, entry: Entry, became: Became, text: str) -> None:
        """Note what became of a key."""
        self.told.append(Told(entry.place, entry.name or entry.path, became, text))

    def settings(self) -> dict[str, Any]:
        """Return the variables as Ansible would hand them over."""
        flat = {"registry_hostname": EXAMPLE, **self.target.variables, **self.variables}
        hashes = self.users or {FIRST_USER: HASH_FOR_CHECK}
        listed = [{"name": name, "password_hash": digest} for name, digest in hashes.items()]
        extra = {EXTRA: nested(self.extra)} if self.extra else {}
        return {**flat, "registry_auth_users": listed, **extra}


def ordered(told: Iterable[Told]) -> list[Told]:
    """Return what was told file by file and line by line, what is missing last."""

    def place(one: Told) -> tuple[bool, str, int]:
        file, _, line = one.place.rpartition(":")
        return (not one.place, file, int(line or 0))

    return sorted(told, key=place)
