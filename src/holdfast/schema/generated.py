"""The files that are generated, and what each should hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import groupby
from typing import Any

import yaml

from holdfast.schema.describe import Setting, settings

NOTE = "Generated from the settings' schema by `python -m holdfast.schema`; do not edit."
TITLES = {
    "": "The registry",
    "distribution": "Where the registry's binary comes from",
    "tls": "TLS",
    "mtls": "Certificates of clients",
    "auth": "Logins",
    "storage": "Storage",
    "cache": "Cache",
    "cdn": "Where clients get blobs",
    "notifications": "Notifications",
    "upstream": "A registry that is nothing but a mirror",
    "proxy": "The proxy",
    "http": "The registry's own HTTP server",
    "log": "Logs",
    "service": "Bounds",
    "metrics": "Metrics",
    "hardening": "Hardening",
}
ANSIBLE = {"string": "str", "integer": "int", "boolean": "bool", "array": "list", "object": "dict"}
JINJA = {"type": "string", "pattern": r"\{\{|\{%"}
HEAD = " | Expected | Default | Meaning |\n|---|---|---|---|\n"
INTRO = """# Settings

<!-- {note} -->

Every setting is an inventory variable: put it into `group_vars/registry/` for all hosts, or into
`host_vars/HOST/` for one. Values may be Jinja, lookups or vaulted, as everywhere in Ansible.
`holdfast check` tells at once all that is wrong with them. Secrets (🔒) belong in a vault; they are
never shown in a log or a diff.
"""


def argument_specs() -> str:
    """Return the role's argument_specs: documentation for `ansible-doc`, and for editors.

    No `default:` and no `required:` stand here: the model holds them, mode by mode, and the gate
    tells all that is wrong at once instead of the first thing.
    """
    options: dict[str, Any] = {}
    for one in settings():
        options.setdefault(one.name, _option(one))
    entry = {
        "short_description": "Bring a host's registry to what its settings say",
        "description": ["Deploys a private container registry as a generation."],
        "options": dict(sorted(options.items())),
    }
    text = yaml.safe_dump({"argument_specs": {"main": entry}}, sort_keys=False, width=96)
    return f"---\n# {NOTE}\n{_indented(text)}"


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
    """Return the JSON Schema with which an editor completes and checks group_vars."""
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
    "roles/registry/meta/argument_specs.yml": argument_specs,
    "docs/settings.md": reference,
    "docs/settings.schema.json": json_schema,
}
"""Text by path in the repository."""


def _option(one: Setting) -> dict[str, Any]:
    option: dict[str, Any] = {"description": _sentences(one), "type": ANSIBLE[one.kind]}
    if one.choices:
        option["choices"] = list(one.choices)
    if one.kind == "array":
        option["elements"] = "dict" if one.items else "str"
    if one.items:
        option["options"] = {item.name: _option(item) for item in one.items}
    if one.secret:
        option["no_log"] = True
    return option


def _sentences(one: Setting) -> list[str]:
    found = [one.text, f"Expected is {one.expected}."]
    if one.default is not None:
        found.append(f"The default is {json.dumps(one.default)}.")
    if one.mode:
        found.append(f"Only with C({one.mode}).")
    return found


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
    kind: dict[str, Any] = {"type": one.kind}
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


def _indented(text: str) -> str:
    """Indent the lists of a YAML text, as yamllint wants them."""

    class Indented(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
            super().increase_indent(flow, False)

    return yaml.dump(yaml.safe_load(text), Dumper=Indented, sort_keys=False, width=96)
