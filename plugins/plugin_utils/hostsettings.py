"""From Ansible's variables to the settings of a host: the one way in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleError

if TYPE_CHECKING:
    from holdfast.settings import Settings

PREFIX = "registry_"


def settings_of(
    variables: Mapping[str, Any], resolve: Callable[[Any], Any]
) -> tuple[Settings, dict[str, Any]]:
    """Return the settings of a host, and its `registry_*` variables as Ansible resolves them.

    Raises SettingsError with every complaint at once, of Ansible's and of ours.
    """
    from holdfast.settings import Complaint, SettingsError, parse  # noqa: PLC0415 -- slow to import
    from holdfast.settings.given import read_in  # noqa: PLC0415

    found, reasons = resolved(variables, resolve)
    complaints = [Complaint(*reason) for reason in reasons.items()]
    filled, unread = read_in(found, Path(str(variables.get("inventory_dir") or ".")))
    complaints += unread
    try:
        settings = parse(filled)
    except SettingsError as error:
        known = {complaint.variable for complaint in complaints}
        complaints += [other for other in error.complaints if other.variable not in known]
    if complaints:
        raise SettingsError(tuple(complaints))
    return settings, found


def resolved(
    variables: Mapping[str, Any],
    resolve: Callable[[Any], Any],
    wanted: Callable[[str], bool] = lambda _: True,
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return those of the `registry_*` variables that are wanted, and why others cannot be had."""
    found, reasons = {}, {}
    for name in (str(name) for name in variables if str(name).startswith(PREFIX)):
        if wanted(name):
            try:
                found[name] = plain(resolve(variables[name]))
            except AnsibleError as error:
                reasons[name] = f"Ansible cannot resolve it: {' '.join(str(error).split())}"
    return found, reasons


def plain(value: Any) -> Any:
    """Return a value without the tags that Ansible hangs on it: the model wants exact types."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, date):  # YAML makes one of what looks like it
        return value.isoformat()
    for kind in (str, int, float):
        if isinstance(value, kind) and not isinstance(value, bool):
            return str.__str__(value) if kind is str else kind(value)
    return value


def origin(value: Any) -> str:
    """Return `file:line` of where a value was written, when Ansible still knows."""
    try:
        from ansible._internal._datatag._tags import Origin  # noqa: PLC0415 -- not a public name

        tag = Origin.get_tag(value)
        return f"{tag.path}:{tag.line_num}" if tag and tag.path and tag.line_num else ""
    except (ImportError, AttributeError):
        return ""
