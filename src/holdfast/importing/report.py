"""Collect the settings of an import and the result of every line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from holdfast.importing.convert import Sources
from holdfast.importing.entry import Entry
from holdfast.importing.extra_config import nested
from holdfast.importing.target import Target
from holdfast.settings.sections.extra_config import NAME as EXTRA

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
    "registry_outbound_proxy",
    *(f"registry_storage_{key}" for key in ("access_key", "secret_key", "key")),
    *(f"registry_storage_{key}" for key in ("account_key", "client_secret")),
    "registry_tls_key",
}
"""Variables whose value is written to the vault and never printed."""
COMPOSED = {"registry_notifications_endpoints"}
"""Variables that several keys set together; their secret parts are written to the vault."""

Became = Literal["setting", "kept", "same", "dropped", "missing"]


@dataclass(frozen=True)
class Line:
    """The result of one line."""

    place: str
    key: str
    became: Became
    text: str


@dataclass
class Imported:
    """Collect the settings of an import and the result of every line."""

    target: Target
    sources: Sources
    variables: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    """Values of registry_extra_config, by path."""
    users: dict[str, str] = field(default_factory=dict)
    """bcrypt hashes, by name."""
    lines: list[Line] = field(default_factory=list)
    origin: dict[str, Entry] = field(default_factory=dict)
    """Key that set each variable and each extra key."""
    also: dict[str, list[Entry]] = field(default_factory=dict)
    """Other keys that contributed to a composed variable."""

    def add(self, entry: Entry, became: Became, text: str) -> None:
        """Record the result of a key."""
        self.lines.append(Line(entry.place, entry.name or entry.path, became, text))

    accepted: dict[str, Any] = field(default_factory=dict)
    """Variables that the settings accept."""
    refused: dict[str, str] = field(default_factory=dict)
    """Error texts of refused variables, by variable."""

    def settings(self) -> dict[str, Any]:
        """Return the variables as Ansible resolves them."""
        extra = {EXTRA: nested(self.extra)} if self.extra else {}
        return {**self._with_users(self.variables), **extra}

    def plain(self) -> dict[str, Any]:
        """Return the accepted variables without extra keys."""
        return self._with_users(self.accepted)

    def _with_users(self, variables: dict[str, Any]) -> dict[str, Any]:
        flat = {"registry_hostname": EXAMPLE, **self.target.variables, **variables}
        hashes = self.users or {FIRST_USER: HASH_FOR_CHECK}
        listed = [{"name": name, "password_hash": digest} for name, digest in hashes.items()]
        own = "registry_auth_mode" not in flat
        return {**flat, **({"registry_auth_users": listed} if own else {})}


def secret_names(variables: Mapping[str, Any]) -> set[str]:
    """Return the names of variables whose value is written to the vault and never printed."""
    pem = "-----BEGIN" in str(variables.get("registry_tls_key"))
    return (SECRETS & variables.keys()) - ({"registry_tls_key"} if not pem else set())


def ordered(lines: Iterable[Line]) -> list[Line]:
    """Return lines sorted by file and number, the missing ones last."""

    def place(one: Line) -> tuple[bool, str, int]:
        file, _, line = one.place.rpartition(":")
        return (not one.place, file, int(line or 0))

    return sorted(lines, key=place)
