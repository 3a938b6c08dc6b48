"""The generated files and the functions that return their texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import groupby
from typing import Any

from holdfast.schema import role
from holdfast.schema.describe import Setting, settings
from holdfast.schema.role import NOTE

TITLES = {
    "": "The registry",
    "distribution": "Source of the registry's binary",
    "tls": "TLS",
    "mtls": "Client certificates",
    "auth": "Logins",
    "storage": "Storage",
    "cache": "Cache",
    "cdn": "Redirects of blob downloads",
    "notifications": "Notifications",
    "gc": "Garbage collection",
    "scrub": "Scrub",
    "backup": "Backup",
    "upstream": "A registry that is only a mirror",
    "proxy": "The proxy",
    "http": "The registry's own HTTP server",
    "log": "Logs",
    "service": "Limits",
    "outbound": "Requests to other machines",
    "metrics": "Metrics",
    "index": "Index of the images",
    "hardening": "Hardening",
}
JINJA = {"type": "string", "pattern": r"\{\{|\{%"}
HEAD = " | Expected | Default | Meaning |\n|---|---|---|---|\n"
INTRO = """# Settings

<!-- {note} -->

Every setting is an inventory variable: put it into `group_vars/registry/` for all hosts, or into
`host_vars/HOST/` for one. Values may be Jinja, lookups or vaulted, as everywhere in Ansible.
`holdfast check` reports all errors at once. Secrets (🔒) belong in a vault; they are never shown in
a log or a diff. Strings from `-e NAME=VALUE` and INI inventories are converted to numbers, booleans
and lists as Ansible's argument_specs do it.

An unknown variable `registry_*` is refused if its name resembles a setting or begins with a
section's prefix. For any other there is a warning. `registry_ignore` silences both.
"""


def reference() -> str:
    """Return docs/settings.md."""
    parts = [INTRO.format(note=NOTE)]
    for section, group in groupby(settings(), key=lambda one: one.section):
        # What holds in every mode stands first: among it what chooses the mode.
        ones = sorted(group, key=lambda one: one.mode is not None)
        parts.append(f"\n## {TITLES[section]}\n")
        for mode, rows in groupby(ones, key=lambda one: one.mode):
            parts.append(f"\nWith `{mode}`:\n" if mode else "")
            parts.append(f"\n| Setting{HEAD}")
            parts += [_row(one) for one in rows]
        parts += [_items_table(one) for one in ones if one.items]
    return "".join(parts)


def json_schema() -> str:
    """Return the JSON Schema by which an editor completes and checks group_vars."""
    properties: dict[str, Any] = {}
    for one in settings():
        known = properties.get(one.name)
        mode = f" (with {one.mode})" if one.mode else ""
        if known:
            known["description"] += f" Or: {one.text}{mode}"
        else:
            properties[one.name] = _property(one, mode)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "holdfast settings",
        "$comment": NOTE,
        "type": "object",
        "properties": properties,
        # Other variables of an inventory are nobody's business here; a misspelt one of ours is.
        "patternProperties": {"^(?!registry_)": True},
        "additionalProperties": False,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


GENERATED: dict[str, Callable[[], str]] = {
    "roles/registry/meta/argument_specs.yml": role.argument_specs,
    "roles/registry/defaults/main.yml": lambda: role.defaults(TITLES),
    "docs/settings.md": reference,
    "docs/settings.schema.json": json_schema,
}
"""Function that returns the text, by path in the repository."""


def _row(one: Setting) -> str:
    default = "**required**" if one.required else _code(one.default)
    lock = " 🔒" if one.secret else ""
    return f"| `{one.name}`{lock} | {one.expected} | {default} | {one.text} |\n"


def _items_table(one: Setting) -> str:
    rows = "".join(_row(item) for item in one.items)
    return f"\nEach of `{one.name}`:\n\n| Key{HEAD}{rows}"


def _code(value: Any) -> str:
    return "" if value is None else f"`{json.dumps(value)}`"


def _property(one: Setting, mode: str) -> dict[str, Any]:
    kind: dict[str, Any] = {} if one.kind == "any" else {"type": one.kind}
    if one.choices:
        kind["enum"] = list(one.choices)
    if one.items:
        keys = {item.name: _property(item, "") for item in one.items}
        needed = [item.name for item in one.items if item.required]
        kind["items"] = {
            "type": "object",
            "properties": keys,
            "required": needed,
            "additionalProperties": False,
        }
    text = {"description": f"{one.text}{mode} Expected: {one.expected}."}
    if one.default is not None:
        text["default"] = one.default
    return {**text, "anyOf": [kind, JINJA]}
