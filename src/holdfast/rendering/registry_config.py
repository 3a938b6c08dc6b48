"""Merge registry_extra_config into the registry's configuration and validate the result."""

from __future__ import annotations

import re
from typing import Any

import yaml

from holdfast.distribution.configuration import check
from holdfast.errors import InputError
from holdfast.rendering.registry_process import CONFIG
from holdfast.rendering.storage_config import hidden
from holdfast.settings import Settings
from holdfast.settings.sections.extra_config import merged

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = re.compile(
    r"(?!(?:yes|no|on|off|true|false|null)$)[A-Za-z][A-Za-z0-9 ./_-]+", re.IGNORECASE
)
_HEAD = """\
# Rendered by holdfast, with registry_extra_config merged in. Change the inventory, not this file.
"""


class _Dumper(yaml.SafeDumper):
    """YAML dumper that quotes strings which the registry's YAML parser could misread."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = None if _PLAIN.fullmatch(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _quoted)


def compiled(text: str, path: str, settings: Settings) -> str:
    """Return the text of a registry's configuration with registry_extra_config merged in.

    Raises InputError if the version of the registry does not support all of it.
    """
    config: dict[str, Any] = yaml.load(text, _LOADER)  # noqa: S506 -- a safe loader, in C
    if settings.extra_config and path == CONFIG:
        config = merged(config, settings.extra_config)
        text = _HEAD + yaml.dump(config, Dumper=_Dumper, sort_keys=False, width=1000)
    secret = hidden(settings) if path == CONFIG else {}
    faults = check(merged(config, secret), settings.version)
    if faults:
        raise InputError(*(f"{path}: {fault}" for fault in faults))
    return text
