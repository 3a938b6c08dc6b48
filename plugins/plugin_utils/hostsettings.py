"""From Ansible's variables to the settings of a host: the one way in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleError

if TYPE_CHECKING:
    from holdfast.settings import Settings

PREFIX = "registry_"


def variables_of(variables: Mapping[str, Any], resolve: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the `registry_*` variables with Jinja, lookups and vault resolved by Ansible.

    Raises SettingsError with a complaint for each one that cannot be resolved.
    """
    from holdfast.settings import Complaint, SettingsError  # noqa: PLC0415 -- slow to import

    found, complaints = {}, []
    for name in variables:
        if str(name).startswith(PREFIX):
            try:
                found[str(name)] = plain(resolve(variables[name]))
            except AnsibleError as error:
                reason = " ".join(str(error).split())
                complaints.append(Complaint(str(name), f"Ansible cannot resolve it: {reason}"))
    if complaints:
        raise SettingsError(tuple(complaints))
    return found


def settings_of(variables: Mapping[str, Any], resolve: Callable[[Any], Any]) -> Settings:
    """Return the settings of a host. Raises SettingsError with every complaint."""
    from holdfast.settings import parse  # noqa: PLC0415 -- slow to import

    return parse(variables_of(variables, resolve))


def plain(value: Any) -> Any:
    """Return a value without the tags that Ansible hangs on it: the model wants exact types."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str.__str__(value) if isinstance(value, str) else value


def origin(value: Any) -> str:
    """Return `file:line` of where a value was written, when Ansible still knows."""
    try:
        from ansible._internal._datatag._tags import Origin  # noqa: PLC0415 -- not a public name

        tag = Origin.get_tag(value)
        return f"{tag.path}:{tag.line_num}" if tag and tag.path and tag.line_num else ""
    except (ImportError, AttributeError):
        return ""
