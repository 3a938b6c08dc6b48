"""Generate what the role says of its variables: argument_specs and defaults."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from itertools import groupby
from typing import Any

import yaml

from holdfast.schema.describe import Setting, settings

NOTE = "Generated from the settings' schema by `python -m holdfast.schema`; do not edit."
ANSIBLE = {
    **{"string": "str", "integer": "int", "boolean": "bool", "array": "list", "object": "dict"},
    "any": "raw",
}
DERIVED = {"registry_platform"}
"""Settings that a host answers if they are not given."""
DEPENDENT = {"upstream"}
"""Sections of which nothing may be given unless what they begin with is."""
WIDTH = 96
DEFAULTS = """---
# {note}
#
# The values that hold if the inventory says nothing else. What is a comment has no default, or has
# one only in the mode that is named: a setting of another mode would be refused.
# docs/settings.md says what each one takes.
"""

_REASON = {"holdfast_reason": ("str", "Reason, one line, which the generation keeps.")}
_RENEWAL = {
    "holdfast_renew": ("bool", "Renews the certificate although it is not due."),
    "holdfast_new_key": ("bool", "Makes the new certificate with a new key."),
    "holdfast_new_authority": ("bool", "Replaces the private authority that clients trust."),
}
ENTRIES: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "cache_flush": ("Empty the registry's own cache", {}),
    "doctor": ("Find what is wrong with a host, and what to do about it", {}),
    "gc": (
        "Collect garbage of a host's images",
        {
            "holdfast_gc": ("str", "One of C(plan), C(run), C(undo) and C(purge)."),
            "holdfast_gc_grace_seconds": ("int", "Age in seconds that garbage needs."),
        },
    ),
    "generations": (
        "List the generations that a host keeps",
        {"holdfast_compare": ("list", "Two numbers: only these, and what differs in them.")},
    ),
    "index": (
        "Search the images of a host",
        {
            "holdfast_question": ("str", "One of C(catalog), C(search) and C(inspect)."),
            "holdfast_pattern": ("str", "Repositories of the catalog, as C(team-a/*)."),
            "holdfast_text": ("str", "Words to search for."),
            "holdfast_most": ("int", "Most results of each kind."),
            "holdfast_repository": ("str", "Repository to describe."),
            "holdfast_tag": ("str", "Tag of the repository."),
            "holdfast_digest": ("str", "Digest of a manifest of the repository."),
        },
    ),
    "jobs": (
        "List the jobs of a host, or run one",
        {"holdfast_job": ("str", "Job to run; without it, nothing is run.")},
    ),
    "key_rotate": (
        "Replace the key that signs tokens",
        {"holdfast_change": ("str", "One of C(rotate), C(finish) and C(revoke).")},
    ),
    "logs": (
        "Show logs of a host",
        {
            "holdfast_logs": ("str", "One of C(units), C(access) and C(audit)."),
            "holdfast_unit": ("str", "Name of one unit, as V(registry)."),
            "holdfast_lines": ("int", "Number of lines."),
            "holdfast_follow": ("bool", "Shows new lines, too, until the play is interrupted."),
        },
    ),
    "lock": (
        "Close a host to deploys, or open it again",
        {
            "holdfast_reason": ("str", "Reason, one line, which everybody is shown."),
            "holdfast_unlock": ("bool", "Opens the host again."),
        },
    ),
    "remove": (
        "Remove a registry from a host",
        {
            "holdfast_with": (
                "str",
                "What goes, too: C(images,backups,certificates,logs).",
            ),
            "holdfast_confirmed": ("bool", "Has to be true outside check mode."),
        },
    ),
    "restart": ("Restart the services of a host without losing a request", {}),
    "patch": (
        "Install updates of a host's operating system",
        {"holdfast_reboot": ("bool", "Reboots a host that needs it.")},
    ),
    "backup": ("Save a host's links, images and keys", {}),
    "drill": ("Prove the newest backup of a host", {}),
    "restore": (
        "Restore a backup onto an empty host, or a part of it beside what is there",
        {
            "holdfast_snapshot": ("str", "First digits of a snapshot; default: the newest."),
            "holdfast_only_images": ("str", "Repository or tag, as C(team/app:1.0)."),
        },
    ),
    "retention": (
        "Take tags of a host's images away, by rules or by name",
        {
            "holdfast_retention": (
                "str",
                "One of C(plan), C(apply), C(undo), C(explain) and C(untag).",
            ),
            "holdfast_retention_image": ("str", "Repository and tag, as C(team/app:1.0)."),
            "holdfast_retention_plan": ("str", "File with a plan that is applied."),
            "holdfast_retention_without_undo": (
                "bool",
                "Take away for ever, if the images are in a bucket that keeps no versions.",
            ),
        },
    ),
    "rollback": (
        "Let an earlier generation serve again",
        {"holdfast_generation": ("int", "Generation to go back to; without it, the one before.")},
    ),
    "rules_check": ("Compare the images of a host with its rules at push and quotas", {}),
    "scrub": (
        "Prove a host's images by their digests",
        {"holdfast_scrub_everything": ("bool", "Proves all blobs, not only those that are due.")},
    ),
    "status": (
        "Report how a host is",
        {
            "holdfast_warn_days": ("int", "Warns of certificates that end in fewer days."),
            "holdfast_status_phase": ("str", "Restricts the report to lines of this phase."),
        },
    ),
    "storage_move": (
        "Move a host's images to the storage that its settings name",
        {"holdfast_remove_old": ("bool", "Removes the images that a move left behind.")},
    ),
}
"""Entry points beside `main`, by their file in `tasks`: a short description, and variables."""
REQUIRED = {"holdfast_change"}


def argument_specs() -> str:
    """Return the role's argument_specs: documentation for `ansible-doc`, and for editors.

    Only what holds in every mode has `default:` and `required:`; the model holds the rest, and the
    first task reports everything that is wrong at once.
    """
    options: dict[str, Any] = {}
    for one in settings():
        options.setdefault(one.name, _option(one))
    main = {
        "short_description": "Deploy the registry that a host's settings describe",
        "description": [
            "Deploys a private container registry as a generation.",
            "The tags C(preflight), C(install), C(deploy) and C(smoke) choose its phases.",
        ],
        "options": {**dict(sorted(options.items())), **_knobs({**_RENEWAL, **_REASON})},
    }
    others = {
        name: {
            "short_description": short,
            "description": [f"{short}.", "Takes the settings of the entry point C(main), too."],
            "options": _knobs(knobs),
        }
        for name, (short, knobs) in ENTRIES.items()
    }
    return f"---\n# {NOTE}\n{_indented({'argument_specs': {'main': main, **others}})}"


def defaults(titles: Mapping[str, str]) -> str:
    """Return the role's defaults/main.yml; `titles` are those of the sections."""
    parts = [DEFAULTS.format(note=NOTE)]
    for section, ones in groupby(settings(), key=lambda one: one.section):
        parts.append(f"\n# --- {titles[section]} ---\n")
        parts += [_default(one) for one in ones]
    return "".join(parts)


def constant(one: Setting) -> bool:
    """Return True if a setting has one default that holds in every mode."""
    derived = one.name in DERIVED or one.section in DEPENDENT
    return one.mode is None and one.default is not None and not derived


def _default(one: Setting) -> str:
    text = f"{one.text} Only with {one.mode}." if one.mode else one.text
    lines = textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ")
    value = "" if one.default is None else f" {json.dumps(one.default)}"
    line = f"{one.name}:{value}" if constant(one) else f"# {one.name}:{value or _open(one)}"
    return "\n".join(["", *lines, line, ""])


def _open(one: Setting) -> str:
    return f"  ({'required' if one.required else 'not set'}: {one.expected})"


def _knobs(knobs: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Return options for variables that are no settings."""
    return {
        name: {
            "description": [text],
            "type": kind,
            **({"required": True} if name in REQUIRED else {}),
            **({"default": False} if kind == "bool" else {}),
        }
        for name, (kind, text) in knobs.items()
    }


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
    if one.mode is None and one.required:
        option["required"] = True
    elif constant(one):
        option["default"] = one.default
    return option


def _sentences(one: Setting) -> list[str]:
    found = [one.text, f"Expected is {one.expected}."]
    if one.default is not None:
        found.append(f"The default is {json.dumps(one.default)}.")
    if one.mode:
        found.append(f"Only with C({one.mode}).")
    return found


def _indented(content: Any) -> str:
    """Return YAML with indented lists, as yamllint expects them."""

    class Indented(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
            super().increase_indent(flow, False)

    return yaml.dump(content, Dumper=Indented, sort_keys=False, width=WIDTH)
