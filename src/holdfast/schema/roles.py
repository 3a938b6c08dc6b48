"""Write docs/roles.md from the argument_specs of the collection's roles."""

from __future__ import annotations

import re
from typing import Any

import yaml

from holdfast.collection import COLLECTION, collection_root
from holdfast.schema.role import ENTRIES, NOTE

MARKUP = re.compile(r"[CVO]\(([^)]*)\)")
INTRO = f"""# Roles

<!-- {NOTE.replace("settings' schema", "roles' argument_specs")} -->

The collection `{COLLECTION}` has two roles, which `ansible-doc -t role {COLLECTION}.registry`
describes, too. [With plain Ansible](playbooks.md) says how to use them.

## registry

The entry point `main` deploys the registry that a host's [settings](settings.md) describe. Its tags
`preflight`, `install`, `deploy` and `smoke` choose its phases. The others take the same settings,
and these variables:

| Entry point (`tasks_from`) | Work | Variables |
|---|---|---|
"""
CLIENT = """
## client

Configures client machines to trust a registry, and to log in ([clients](clients.md)).

| Variable | Expected | Default | Meaning |
|---|---|---|---|
"""


def roles_page() -> str:
    """Return the page as Markdown."""
    path = collection_root() / "roles/client/meta/argument_specs.yml"
    client = yaml.safe_load(path.read_text())["argument_specs"]["main"]["options"]
    entries = (
        f"| `{name}` | {short} | {_variables(knobs)} |\n"
        for name, (short, knobs) in ENTRIES.items()
    )
    options = (_option(name, one) for name, one in client.items())
    return "".join([INTRO, *entries, CLIENT, *options])


def _variables(knobs: dict[str, tuple[str, str]]) -> str:
    return "<br>".join(f"`{name}`: {_plain(text)}" for name, (_, text) in knobs.items())


def _option(name: str, one: dict[str, Any]) -> str:
    expected = ", ".join(one["choices"]) if "choices" in one else one["type"]
    kind = f"list of {expected}" if one["type"] == "list" else expected
    default = "**required**" if one.get("required") else _default(one.get("default"))
    lock = " 🔒" if one.get("no_log") else ""
    text = one["description"]
    said = _plain(" ".join(text) if isinstance(text, list) else text)
    return f"| `{name}`{lock} | {kind} | {default} | {said} |\n"


def _default(value: Any) -> str:
    return "" if value is None else f"`{value}`"


def _plain(text: str) -> str:
    """Return text with Ansible's markup as Markdown's."""
    return MARKUP.sub(r"`\1`", text)
