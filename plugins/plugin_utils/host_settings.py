"""Convert Ansible's variables to the settings of a host: the only way in."""

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
    variables: Mapping[str, Any], resolve: Callable[[Any], Any], platform: str | None = None
) -> tuple[Settings, dict[str, Any]]:
    """Return the settings of a host, and its `registry_*` variables as Ansible resolves them.

    `platform` is the host's platform, if the variables do not name it. Raises SettingsError with
    all complaints at once, Ansible's and ours.
    """
    from holdfast.settings import Complaint, SettingsError, parse  # noqa: PLC0415 -- slow to import
    from holdfast.settings.load import load_files  # noqa: PLC0415

    found, reasons = resolved(variables, resolve)
    complaints = [Complaint(*reason) for reason in reasons.items()]
    filled, unread = load_files(found, Path(str(variables.get("inventory_dir") or ".")))
    complaints += unread
    try:
        settings = parse(filled, platform)
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
    """Return the wanted `registry_*` variables, and a reason by name for unresolvable ones."""
    found, reasons = {}, {}
    for name in (str(name) for name in variables if str(name).startswith(PREFIX)):
        if wanted(name):
            try:
                found[name] = plain(resolve(variables[name]))
            except AnsibleError as error:
                reasons[name] = _reason(" ".join(str(error).split()))
    return found, reasons


def _reason(said: str) -> str:
    if "vault secrets" in said or "Decryption failed" in said:
        return (
            "encrypted, and the password of the vault was not given, or is another one."
            " Run the same command with -J, or with --vault-password-file"
        )
    return f"Ansible cannot resolve it: {said}"


def plain(value: Any) -> Any:
    """Return a value without Ansible's tags, because the model requires exact types."""
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
    """Return `file:line` of a value's source, if Ansible knows it."""
    try:
        from ansible._internal._datatag._tags import Origin  # noqa: PLC0415 -- not a public name

        tag = Origin.get_tag(value)
        return f"{tag.path}:{tag.line_num}" if tag and tag.path and tag.line_num else ""
    except (ImportError, AttributeError):
        return ""
