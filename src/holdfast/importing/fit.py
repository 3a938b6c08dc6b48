"""The last word is the settings': what they do not accept goes, what is missing is told."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

import yaml

from holdfast.distribution.configuration.rules import get
from holdfast.distribution.configuration.tree import joined, parts
from holdfast.importing.drivers import REMOTE
from holdfast.importing.result import COMPOSED, EXAMPLE, FIRST_USER, SECRETS, Imported, Told
from holdfast.rendering import render
from holdfast.settings import SettingsError, parse
from holdfast.settings.extra_config import NAME as EXTRA

GONE = {"oss", "swift", "inmemory"}
"""Storage drivers whose images do not come along."""


def fit(result: Imported) -> None:
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
        names = _additions(result, variable.removeprefix(f"{EXTRA}."))
    else:
        # A complaint about what is missing is one about the rest of its section.
        section = "_".join(variable.split("_")[:2]) + "_"
        below = [name for name in result.variables if name.startswith(section)]
        names = [name for name in below if name == variable] or below
    about = variable.removeprefix(f"{EXTRA}.")
    for name in names:
        (result.extra if name in result.extra else result.variables).pop(name)
        reason = text.removesuffix(". Remove it") if name == about else f"no use without {about}"
        for entry in (*result.also.pop(name, []), result.origin.pop(name)):
            result.tell(entry, "dropped", reason)
    return bool(names)


def _additions(result: Imported, path: str) -> list[str]:
    """Return the additions that a path is about: itself, else its section, else that one's."""
    steps = parts(path)
    for length in range(len(steps), 0, -1):
        here = reduce(joined, steps[:length], "")
        found = [one for one in result.extra if (one + ".").startswith((here + ".", here + "["))]
        if found:
            return found
    return []


def tell_of_the_rest(result: Imported) -> None:
    """Tell of the settings and additions, and drop additions that holdfast makes anyway."""
    for name in result.variables:
        for entry in (*result.also.get(name, []), result.origin[name]):
            result.tell(entry, "setting", _shown(name, result.variables[name]))
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
    if name in COMPOSED:
        return name
    return f"{name}, in the vault" if name in SECRETS else f"{name}: {json.dumps(value)}"


def tell_what_is_missing(result: Imported) -> None:
    """Tell what the user still has to do, and what the new registry will not be."""
    missing = []
    if "registry_hostname" not in result.variables:
        missing.append(("registry_hostname", f"it is {EXAMPLE} now. Write the right name"))
    if not result.users:
        text = (
            f"there is {FIRST_USER}, with a password in secrets/{FIRST_USER}. Write who may log in"
        )
        missing.append(("registry_auth_users", text))
    sections = {
        path.split(".")[1] for path in result.sources.entries if path.startswith("storage.")
    }
    kept = result.variables.get("registry_storage_driver")
    for driver in sorted(sections & {*GONE, *REMOTE}):
        if REMOTE.get(driver, "") == kept:
            if "storage.redirect.disable" not in result.sources.entries:
                text = "clients were sent to the storage for blobs: true to keep that"
                missing.append(("registry_storage_redirect", text))
            continue
        text = f"images stay behind in {driver}: the new registry begins empty"
        missing.append((f"storage.{driver}", text))
    if result.sources.value("proxy.remoteurl") and "registry_upstream_url" not in result.variables:
        missing.append(("proxy", "the new registry is no mirror: it holds what is pushed to it"))
    result.told += [Told("", key, "missing", text) for key, text in missing]
