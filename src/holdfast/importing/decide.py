"""What becomes of every key: a setting, an addition to the configuration, or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from holdfast.distribution.configuration import check_keys
from holdfast.distribution.configuration.rules import get
from holdfast.distribution.configuration.tree import find
from holdfast.importing import users
from holdfast.importing.entries import Entry
from holdfast.importing.extra import nested
from holdfast.importing.mapping import SETTINGS, Drop, Sources
from holdfast.importing.target import Target
from holdfast.rendering import render
from holdfast.settings import SettingsError, parse
from holdfast.settings.complaints import is_secret
from holdfast.settings.extra_config import NAME as EXTRA
from holdfast.settings.extra_config import refusal
from holdfast.settings.flat import by_name

EXAMPLE = "registry.example.com"
FIRST_USER = "admin"
HASH_FOR_CHECK = "$2b$10$" + "a" * 53


@dataclass(frozen=True)
class Told:
    """What became of one line."""

    place: str
    key: str
    became: Literal["setting", "kept", "same", "dropped", "missing"]
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

    def tell(self, entry: Entry, became: Any, text: str) -> None:
        """Note what became of a key."""
        self.told.append(Told(entry.place, entry.name or entry.path, became, text))

    def settings(self) -> dict[str, Any]:
        """Return the variables as Ansible would hand them over."""
        flat = {"registry_hostname": EXAMPLE, **self.target.variables, **self.variables}
        hashes = self.users or {FIRST_USER: HASH_FOR_CHECK}
        listed = [{"name": name, "password_hash": digest} for name, digest in hashes.items()]
        extra = {EXTRA: nested(self.extra)} if self.extra else {}
        return {**flat, "registry_auth_users": listed, **extra}


def imported(
    entries: Iterable[Entry],
    gone: Iterable[Entry],
    target: Target,
    folder: Path,
    htpasswd: Path | None,
) -> Imported:
    """Return the inventory for a configuration; `gone` are keys that the environment replaced.

    Paths in the configuration count from the folder. `htpasswd` is read in place of the file that
    the configuration names. Raises InputError when a given file cannot be read.
    """
    by_path = {entry.path: entry for entry in entries}
    result = Imported(target, Sources(by_path, folder))
    for entry in gone:
        result.tell(entry, "dropped", "the environment takes its place")
    for entry in by_path.values():
        _one(result, entry)
    _users(result, htpasswd)
    _unfit(result)
    _already_so(result)
    _missing(result)
    return result


def _one(result: Imported, entry: Entry) -> None:
    if entry.value is None:
        why = "no such key: the registry ignores it" if entry.name == entry.path else "no value"
        result.tell(entry, "dropped", why)
        return
    wrong = check_keys(nested({entry.path: entry.value}), result.target.source)
    if wrong:
        result.tell(entry, "dropped", wrong[0].text)
        return
    path, renamed = _now(entry.path)
    become = SETTINGS.get(_general(path))
    outcome = become(entry.value, result.sources) if become else None
    if isinstance(outcome, Drop):
        result.tell(entry, "same" if outcome.same else "dropped", renamed + outcome.reason)
    elif outcome is not None:
        result.variables.update(outcome)
        result.origin.update(dict.fromkeys(outcome, entry))
    elif _general(path) != "auth.htpasswd.path":
        _keep(result, entry, path, renamed)


def _keep(result: Imported, entry: Entry, path: str, renamed: str) -> None:
    """Keep a key in registry_extra_config, if it can be there."""
    refused = refusal(_general(path))
    later = check_keys(nested({path: entry.value}), result.target.version)
    if refused or later:
        reason = (refused or "").removesuffix(". Remove it") or later[0].text
        result.tell(entry, "dropped", renamed + reason)
    else:
        result.extra[path] = entry.value
        result.origin[path] = entry


def _now(path: str) -> tuple[str, str]:
    """Return the path that a key has today, and a word on it when that is another one."""
    node = find(path)
    instead = node.rows[0].instead if node and node.rows else ""
    if not instead or "[]" in instead:
        return path, ""
    return instead, f"now {instead}: "


def _general(path: str) -> str:
    """Return a path with [] for every item of a list."""
    node = find(path)
    return node.path if node else path


def _users(result: Imported, htpasswd: Path | None) -> None:
    entry = result.sources.entries.get("auth.htpasswd.path")
    if htpasswd is None and entry is None:
        return
    if htpasswd is None and not result.sources.readable("auth.htpasswd.path"):
        assert entry is not None
        result.tell(entry, "dropped", "cannot be read here. Give the file with --htpasswd")
        return
    path = htpasswd or result.sources.folder / result.sources.value("auth.htpasswd.path")
    found = users.read(path)
    result.users = {user.name: user.password_hash for user in found if not user.reason}
    if entry:
        result.tell(entry, "setting", f"registry_auth_users: {len(result.users)} of {len(found)}")
    for user in found:
        if user.reason:
            place = Entry(f"user {user.name}", "", path.name, user.line)
            result.tell(place, "dropped", user.reason)


def _unfit(result: Imported) -> None:
    """Take out what the settings do not accept, until they accept all of the rest."""
    while True:
        try:
            parse(result.settings())
            return
        except SettingsError as error:
            taken = [_take_out(result, one.variable, one.text) for one in error.complaints]
            if not any(taken):
                raise


def _take_out(result: Imported, variable: str, text: str) -> bool:
    """Drop what a complaint is about; False when it is nothing that came from a key."""
    if variable.startswith(EXTRA):
        below = variable.removeprefix(f"{EXTRA}.")
        names = [p for p in result.extra if p.startswith(below) or below.startswith(p)]
    else:
        names = [name for name in result.variables if name == variable]
    for name in names:
        (result.extra if name in result.extra else result.variables).pop(name)
        result.tell(result.origin.pop(name), "dropped", text)
    return bool(names)


def _already_so(result: Imported) -> None:
    """Tell of the settings and additions, and drop additions that holdfast makes anyway."""
    for name in result.variables:
        result.tell(result.origin[name], "setting", _shown(name, result.variables[name]))
    plain = {name: value for name, value in result.settings().items() if name != EXTRA}
    own = yaml.safe_load(render(parse(plain))["registry/config.yml"].content)
    for path, value in list(result.extra.items()):
        entry = result.origin[path]
        if get(own, path) == value:
            del result.extra[path]
            result.tell(entry, "same", "holdfast does so anyway")
        else:
            now = "" if path == entry.path else f" as {path}"
            result.tell(entry, "kept", EXTRA + now)


def _shown(name: str, value: Any) -> str:
    homes = by_name()[name]
    hidden = any(is_secret(home.field) for home in homes) and "/" not in str(value)
    return f"{name}, in the vault" if hidden else f"{name}: {json.dumps(value)}"


def _missing(result: Imported) -> None:
    if "registry_hostname" not in result.variables:
        result.told.append(
            Told("", "registry_hostname", "missing", f"it is {EXAMPLE} now. Write the right name")
        )
    if not result.users:
        text = (
            f"{FIRST_USER} was made, with a password in secrets/{FIRST_USER}. Write who may log in"
        )
        result.told.append(Told("", "registry_auth_users", "missing", text))


def ordered(told: Iterable[Told]) -> list[Told]:
    """Return what was told file by file and line by line, what is missing last."""

    def place(one: Told) -> tuple[bool, str, int]:
        file, _, line = one.place.rpartition(":")
        return (not one.place, file, int(line or 0))

    return sorted(told, key=place)
