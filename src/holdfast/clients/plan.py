"""A plan: files of a client machine, commands to run after a change, and notes for the user."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.clients import (
        ClientPlan,
    )

from holdfast.errors import InputError

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?"
_SEGMENT = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_NAME = re.compile(rf"{_HOST}(?:/{_SEGMENT})*")

How = Literal["whole", "json", "block"]
"""Part of the file that holdfast owns: all, some keys of a JSON (or YAML) mapping, or a block."""


@dataclass(frozen=True)
class Access:
    """Access to a registry: name, certificates, login, mirror."""

    authority: str
    """Host name, with the port if it is not 443."""
    ca: str | None = None
    """CA certificate to trust, as PEM; None if the system's store has it."""
    pair: tuple[str, str] | None = None
    """Client certificate and its key, as PEM."""
    login: tuple[str, str] | None = None
    """Name and password to store for the client; None: the user logs in."""
    home: str = "/root"
    """Home directory of the user whose login is stored."""
    mirror_of: str | None = None
    """Mirrored registry: images of `docker.io`, for example, are then pulled through this one."""
    path: str = ""
    """Path of the mirror below the host name: `hub` for `registry.example.com/hub/library/debian`.
    "": the mirror is at the root."""

    mirror_option: str = "--mirror-of"
    """Command-line option that selected the mirror, for messages."""

    def __post_init__(self) -> None:
        """Refuse what would be a path or a line of configuration of its own in a client's files."""
        names = {"authority": self.authority, self.mirror_option: self.mirror_of}
        for option, name in names.items():
            if name is not None and not _NAME.fullmatch(name):
                expected = "the name of a registry, such as docker.io"
                raise InputError(
                    f"{option}: expected {expected}, got {name!r}. Write the name alone"
                )
        if not (self.home.startswith("/") and self.home.isprintable()):
            raise InputError(f"home: expected an absolute path, got {self.home!r}. Write it whole")
        if self.login and (":" in self.login[0] or not "".join(self.login).isprintable()):
            expected = "a name without a colon, and no line ends in it or in the password"
            raise InputError(f"login: expected {expected}. Give another one")

    @property
    def location(self) -> str:
        """Prefix of a repository's name in an image reference."""
        return f"{self.authority}/{self.path}" if self.path else self.authority

    @property
    def endpoint(self) -> str:
        """Base URL of the mirror's API, for clients that need the whole URL."""
        return f"https://{self.authority}" + (f"/v2/{self.path}" if self.path else "")

    def whole(self) -> Access:
        """Return an access with all optional parts set, to remove everything."""
        return replace(self, ca=self.ca or "-", pair=("-", "-"), login=("-", "-"))


@dataclass(frozen=True)
class ClientFile:
    """One file, with an absolute path."""

    path: str
    content: str
    """Text. For `json`, the keys that holdfast owns, as JSON. For `block`, lines between a first
    and a last line that mark the block."""
    mode: int = 0o644
    how: How = "whole"


@dataclass(frozen=True)
class Plan:
    """Configuration of a client."""

    kind: str
    authority: str
    files: tuple[ClientFile, ...]
    folders: tuple[str, ...] = ()
    """Folders that holdfast owns entirely."""
    after: tuple[tuple[str, ...], ...] = ()
    """Commands that make the client read a change, each an argument list."""
    notes: tuple[str, ...] = ()
    """Remaining steps for the user."""

    def as_dict(self) -> ClientPlan:
        """Return the plan as plain values."""
        found: Any = asdict(self)
        plan: ClientPlan = found
        return plan
