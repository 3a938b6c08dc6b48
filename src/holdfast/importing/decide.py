"""What becomes of every key: a setting, an addition to the configuration, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from holdfast.distribution.configuration import check_keys
from holdfast.distribution.configuration.tree import find, reads
from holdfast.importing import users
from holdfast.importing.become import Drop, Sources
from holdfast.importing.entries import Entry
from holdfast.importing.extra import nested
from holdfast.importing.fit import fit, tell_of_the_rest, tell_what_is_missing
from holdfast.importing.mapping import SETTINGS
from holdfast.importing.result import COMPOSED, Imported
from holdfast.importing.target import Target
from holdfast.settings.extra_config import refusal


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
    result = Imported(target, Sources(by_path, folder, target.source))
    for entry in gone:
        result.tell(entry, "dropped", "the environment takes its place")
    for entry in by_path.values():
        _one(result, entry)
    _users(result, htpasswd)
    fit(result)
    tell_of_the_rest(result)
    tell_what_is_missing(result)
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
    path, renamed = _now(entry.path, result.target.version)
    become = SETTINGS.get(_general(path))
    sources = replace(result.sources, path=entry.path)
    outcome = become(entry.value, sources) if become else None
    if isinstance(outcome, Drop):
        result.tell(entry, "same" if outcome.same else "dropped", renamed + outcome.reason)
    elif outcome is not None:
        result.variables.update(outcome)
        for name in COMPOSED & outcome.keys() & result.origin.keys():
            result.also.setdefault(name, []).append(result.origin[name])
        result.origin.update(dict.fromkeys(outcome, entry))
    elif _general(path) != "auth.htpasswd.path":
        _keep(result, entry, path, renamed)


def _keep(result: Imported, entry: Entry, path: str, renamed: str) -> None:
    """Keep a key in registry_extra_config, if it can be there."""
    refused = refusal(_general(path))
    later = check_keys(nested({path: entry.value}), result.target.version)
    if refused or later:
        reason = refused or later[0].text
        result.tell(entry, "dropped", renamed + reason.removesuffix(". Remove it"))
    else:
        result.extra[path] = entry.value
        result.origin[path] = entry


def _now(path: str, version: str) -> tuple[str, str]:
    """Return the path that a key has in a version, and a word on it when that is another one."""
    node = find(path)
    row = node.rows[0] if node and node.rows else None
    if row is None or not row.instead or "[]" in path or (row.until and reads(row, version)):
        return path, ""
    return row.instead, f"now {row.instead}: "


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
