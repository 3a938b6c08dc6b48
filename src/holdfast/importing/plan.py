"""Determine the result of every key: a setting, an entry of registry_extra_config, or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from holdfast.distribution.configuration import check_keys
from holdfast.distribution.configuration.rules import NOT_DRIVERS
from holdfast.distribution.configuration.tree import find, reads
from holdfast.importing import headers, users
from holdfast.importing.convert import DEFAULT_DIRECTORY, Convert, Drop, Sources, directory
from holdfast.importing.drivers import REMOTE
from holdfast.importing.entry import Entry, Files
from holdfast.importing.extra_config import nested
from holdfast.importing.mapping import SETTINGS
from holdfast.importing.report import COMPOSED, Imported
from holdfast.importing.target import Target
from holdfast.importing.validate import check_settings, report_missing, report_results
from holdfast.importing.yaml_text import read_text
from holdfast.settings.placeholder import is_placeholder, placeholder
from holdfast.settings.sections.extra_config import refusal

GROUPS = ("storage.", "auth.", "notifications.", "proxy.", "http.tls.", "redis.")
"""Sections that lose their meaning if a part is dropped."""


def imported(
    entries: Iterable[Entry],
    gone: Iterable[Entry],
    target: Target,
    files: Files,
    htpasswd: Path | None,
) -> Imported:
    """Return the inventory for a configuration; `gone` are keys that the environment replaced.

    `htpasswd` is read in place of the file that the configuration names. Raises InputError if a
    given file cannot be read.
    """
    given = [part for entry in entries for part in headers.split(entry)]
    by_path = {entry.path: entry for entry in given if not entry.reason}
    result = Imported(target, Sources(by_path, files, target.source))
    for entry in gone:
        result.add(entry, "dropped", "the environment takes its place")
    for entry in given:
        if entry.reason:
            result.add(entry, "dropped", entry.reason)
    for entry in by_path.values():
        _one(result, entry)
    _driver(result)
    _users(result, htpasswd)
    check_settings(result)
    report_results(result)
    report_missing(result)
    return result


def _one(result: Imported, entry: Entry) -> None:
    if entry.value is None:
        result.add(entry, "dropped", "no value")
        return
    path, renamed = _now(entry.path, result.target.version)
    convert = SETTINGS.get(_general(path)) or headers.conversion(path)
    sources = replace(result.sources, path=entry.path)
    ours = entry.path.startswith("outbound.")  # no key of the registry's
    wrong = [] if ours else check_keys(nested({entry.path: entry.value}), result.target.source)
    outcome: dict[str, Any] | Drop | None = None
    if wrong:
        outcome = _marked(convert, wrong[0].text, sources)
        if outcome is None:
            result.add(entry, "dropped", wrong[0].text)
            return
    elif convert:
        outcome = convert(entry.value, sources)
    if isinstance(outcome, Drop):
        result.add(entry, "same" if outcome.same else "dropped", renamed + outcome.reason)
    elif outcome is not None:
        _set(result, entry, outcome)
    elif _general(path) != "auth.htpasswd.path":
        _keep(result, entry, path, renamed)


def _marked(convert: Convert | None, wrong: str, sources: Sources) -> dict[str, Any] | None:
    """Return a setting with a placeholder for a value of the wrong type, to keep its group
    complete."""
    if convert is None or not wrong.startswith("expected ") or not sources.path.startswith(GROUPS):
        return None
    what = wrong.removeprefix("expected ").partition(", got ")[0]
    try:
        outcome = convert(placeholder(what), sources)
    except (TypeError, ValueError, AttributeError):
        return None
    marked = isinstance(outcome, dict) and any(map(is_placeholder, outcome.values()))
    return outcome if isinstance(outcome, dict) and marked else None


def _set(result: Imported, entry: Entry, outcome: Mapping[str, Any]) -> None:
    result.variables.update(outcome)
    for name in COMPOSED & outcome.keys() & result.origin.keys():
        result.also.setdefault(name, []).append(result.origin[name])
    result.origin.update(dict.fromkeys(outcome, entry))


def _driver(result: Imported) -> None:
    """Set the registry's default directory, or a placeholder for an unsupported driver.

    Without it, the new registry would serve an empty directory.
    """
    paths = [path for path in result.sources.entries if path.startswith("storage.")]
    drivers = {path.split(".")[1].partition("[")[0] for path in paths} - NOT_DRIVERS
    if drivers & {*REMOTE, "inmemory"} or "registry_storage_directory" in result.variables:
        return
    lost = sorted(drivers - {"filesystem"})
    if lost and "filesystem" not in drivers:
        what = f"filesystem, s3, gcs or azure, for there is no driver {lost[0]} here"
        result.variables["registry_storage_driver"] = placeholder(what)
        return
    place = Entry("storage.filesystem.rootdirectory", DEFAULT_DIRECTORY, "", 0)
    result.variables.update(directory(place.value, result.sources))
    result.origin["registry_storage_directory"] = place


def _keep(result: Imported, entry: Entry, path: str, renamed: str) -> None:
    """Keep a key in registry_extra_config, if it is allowed there."""
    refused = refusal(_general(path))
    later = check_keys(nested({path: entry.value}), result.target.version)
    if refused or later:
        reason = refused or later[0].text
        result.add(entry, "dropped", renamed + reason.removesuffix(". Remove it"))
    else:
        result.extra[path] = entry.value
        result.origin[path] = entry


def _now(path: str, version: str) -> tuple[str, str]:
    """Return the path of a key in a version, and a note if it was renamed."""
    node = find(path)
    row = node.rows[0] if node and node.rows else None
    if row is None or not row.instead or "[]" in path or (row.until and reads(row, version)):
        return path, ""
    return row.instead, f"now {row.instead}: "


def _general(path: str) -> str:
    """Return a path with [] in place of each list index."""
    node = find(path)
    return node.path if node else path


def _users(result: Imported, htpasswd: Path | None) -> None:
    entry = result.sources.entries.get("auth.htpasswd.path")
    if htpasswd is None and entry is None:
        return
    if result.variables.get("registry_auth_mode") == "external_token":
        if entry:
            result.add(entry, "dropped", "auth.token has the logins")
        return
    name, text = _htpasswd(result, htpasswd)
    if text is None:
        assert entry is not None
        result.add(entry, "dropped", "cannot be read here. Give the file with --htpasswd")
        return
    found = users.read(text)
    result.users = {user.name: user.password_hash for user in found if not user.reason}
    if entry:
        result.add(entry, "setting", f"registry_auth_users: {len(result.users)} of {len(found)}")
    for user in found:
        place = Entry(f"user {user.name}", "", name, user.line)
        if user.reason:
            result.add(place, "dropped", user.reason)
        elif user.cost < users.SAFE_COST:
            result.add(place, "setting", users.CHEAP.format(user.cost, user.name))
    costs = [user.cost for user in found if not user.reason]
    if costs and min(costs) < users.SAFE_COST:
        result.variables[users.LOWEST] = min(costs)


def _htpasswd(result: Imported, htpasswd: Path | None) -> tuple[str, str | None]:
    """Return name and text of the htpasswd file; None for one that cannot be read."""
    if htpasswd:
        return htpasswd.name, read_text(htpasswd)
    value = str(result.sources.value("auth.htpasswd.path"))
    return Path(value).name, result.sources.files.text(value)
