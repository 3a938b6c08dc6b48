"""Validate an imported inventory with the settings; report results and missing values."""

from __future__ import annotations

import json
import re
from functools import reduce
from typing import Any

import yaml

from holdfast.distribution.configuration.rules import get
from holdfast.distribution.configuration.tree import joined, parts
from holdfast.errors import Complaint
from holdfast.importing.convert import DEFAULT_DIRECTORY
from holdfast.importing.drivers import REMOTE
from holdfast.importing.report import COMPOSED, EXAMPLE, FIRST_USER, Imported, Line, secret_names
from holdfast.rendering import render
from holdfast.settings import SettingsError, parse
from holdfast.settings.placeholder import placeholder
from holdfast.settings.sections.extra_config import NAME as EXTRA

OPTIONAL = {"registry_log_level", "registry_cache_mode"}
"""Variables that may be dropped on a conflict: neither data nor access depends on them."""


def check_settings(result: Imported) -> None:
    """Find values that the settings refuse; they stay in the inventory, for `check` to report.

    Only extra keys and conflicting OPTIONAL settings are dropped. Any other default could mean
    another location of images or another login.
    """
    wanted = dict(result.variables)
    while True:
        try:
            parse(result.settings())
            break
        except SettingsError as error:
            taken = [_take_out(result, one, wanted) for one in error.complaints]
            if not any(taken):
                raise
    result.accepted = result.variables
    result.variables = wanted


def _take_out(result: Imported, complaint: Complaint, wanted: dict[str, Any]) -> bool:
    """Remove the variables of a complaint; return False if no key of the configuration set them."""
    variable, text = complaint.variable, complaint.text
    if variable.startswith(EXTRA):
        return _drop_additions(result, variable.removeprefix(f"{EXTRA}."), text)
    if variable.startswith("registry_auth_users"):
        return False
    base = _base(variable)
    # A complaint about what is missing is one about the rest of its section.
    section = "_".join(variable.split("_")[:2]) + "_"
    below = [name for name in result.variables if name.startswith(section)]
    names = [base] if base in result.variables else below
    if variable in OPTIONAL and variable in names:
        for name in below if variable == "registry_cache_mode" else names:
            wanted.pop(name, None)
            result.variables.pop(name, None)
            for entry in (*result.also.pop(name, []), result.origin.pop(name)):
                result.add(entry, "dropped", f"{variable}: {text}")
        return True
    # What was taken out because it is wrong is not missing as well.
    known = any(_base(other) == base for other in result.refused)
    if names and not (known and variable == base):
        result.refused.setdefault(variable, text)
    if base not in wanted and variable == base and "got nothing" in text:
        what = re.split(r", got nothing", text.removeprefix("expected "))[0]
        wanted[base] = placeholder(what)
    for name in names:
        result.variables.pop(name)
    return bool(names)


def _base(variable: str) -> str:
    return re.split(r"[.\[]", variable)[0]


def _drop_additions(result: Imported, path: str, text: str) -> bool:
    names = _additions(result, path)
    for name in names:
        result.extra.pop(name)
        reason = text.removesuffix(". Remove it") if name == path else f"no use without {path}"
        result.add(result.origin.pop(name), "dropped", reason)
    return bool(names)


def _additions(result: Imported, path: str) -> list[str]:
    """Return the extra keys at or below a path, else those of the nearest section above."""
    steps = parts(path)
    for length in range(len(steps), 0, -1):
        here = reduce(joined, steps[:length], "")
        found = [one for one in result.extra if (one + ".").startswith((here + ".", here + "["))]
        if found:
            return found
    return []


def report_results(result: Imported) -> None:
    """Report settings and extra keys; drop extra keys that holdfast renders itself."""
    refused = dict(result.refused)
    for name in result.variables:
        found = {key: text for key, text in refused.items() if _base(key) == name}
        for key in found if name in result.origin else ():
            refused.pop(key)
        for entry in (*result.also.get(name, []), *filter(None, [result.origin.get(name)])):
            if found:
                result.add(entry, "missing", "; ".join(f"{k}: {v}" for k, v in found.items()))
            else:
                result.add(entry, "setting", _shown(name, result.variables[name]))
    result.lines += [Line("", key, "missing", text) for key, text in refused.items()]
    own = yaml.safe_load(render(parse(result.plain()))["registry/config.yml"].content)
    for path, value in list(result.extra.items()):
        entry = result.origin[path]
        if get(own, path) == value:
            del result.extra[path]
            result.add(entry, "same", "holdfast does so anyway")
        else:
            now = "" if path == entry.path else f" as {path}"
            result.add(entry, "kept", EXTRA + now)


def _shown(name: str, value: Any) -> str:
    if name in COMPOSED:
        return name
    if name in secret_names({name: value}):
        return f"{name}, in the vault"
    if isinstance(value, str) and "\n" in value:
        return f"{name}: {len(value.splitlines())} lines"
    return f"{name}: {json.dumps(value)}"


def report_missing(result: Imported) -> None:
    """Report values that the user has to add, and functions that the new registry lacks."""
    missing = []
    if "registry_hostname" not in result.variables:
        missing.append(("registry_hostname", f"it is {EXAMPLE} now. Write the right name"))
    if not result.users and result.variables.get("registry_auth_mode") is None:
        text = (
            f"there is {FIRST_USER}, with a password in secrets/{FIRST_USER}. Write who may log in"
        )
        missing.append(("registry_auth_users", text))
    sections = {
        path.split(".")[1] for path in result.sources.entries if path.startswith("storage.")
    }
    if result.variables.get("registry_auth_autoredirect") is True:
        text = "true needs registry_tls_mode: external, whose load balancer sends clients on"
        missing.append(("registry_auth_autoredirect", text))
    if "inmemory" in sections:
        missing.append(("storage.inmemory", "images were lost at each start: there are none"))
    if sections & {*REMOTE} and "storage.redirect.disable" not in result.sources.entries:
        text = "clients were sent to the storage for blobs: true to keep that"
        missing.append(("registry_storage_redirect", text))
    volume = result.sources.files.volume(
        result.sources.value("storage.filesystem.rootdirectory") or DEFAULT_DIRECTORY
    )
    if volume and "registry_storage_directory" in result.variables:
        text = f"images are in the volume {volume}. Write its directory on the host"
        missing.append(("registry_storage_directory", text))
    if result.sources.value("proxy.remoteurl") and "registry_upstream_url" not in result.variables:
        missing.append(("proxy", "the new registry is no mirror: it holds what is pushed to it"))
    result.lines += [Line("", key, "missing", text) for key, text in missing]
