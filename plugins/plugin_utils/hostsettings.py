"""From Ansible's variables to the settings of a host: the one way in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.settings import Settings

PREFIX = "registry_"


def settings_of(variables: Mapping[str, Any], templar: Any) -> Settings:
    """Return the settings of a host, with Jinja, lookups and vault resolved by Ansible.

    Raises SettingsError with every complaint; Ansible's own errors (undefined names, vault) pass.
    """
    from holdfast.settings import parse  # noqa: PLC0415 -- slow: only when it is needed

    own = {str(name): variables[name] for name in variables if str(name).startswith(PREFIX)}
    return parse(plain(templar.template(own)))


def plain(value: Any) -> Any:
    """Return a value without the tags that Ansible hangs on it: the model wants exact types."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return str.__str__(value)
    return value
