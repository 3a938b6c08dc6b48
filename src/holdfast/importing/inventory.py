"""Write the inventory: hosts, settings, and a vault file that only its owner can read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import yaml

from holdfast.errors import InputError
from holdfast.importing.extra_config import nested
from holdfast.importing.report import EXAMPLE, FIRST_USER, Imported, secret_names
from holdfast.importing.services import ENDPOINTS
from holdfast.settings.sections.extra_config import NAME as EXTRA

MAIN = "---\n# Made by holdfast import from {source}. Every setting: docs/settings.md\n"
VAULT = """\
---
# Secrets, readable by you alone. Before they go anywhere:
#   ansible-vault encrypt group_vars/registry/vault.yml
"""
VAULT_HEADERS = "vault_registry_notifications_headers"
LOOKUP = "{{{{ lookup('ansible.builtin.password', inventory_dir ~ '/secrets/{name}') }}}}"


class _Literal(str):
    """A text that Ansible must not treat as a template."""


class _Dumper(yaml.SafeDumper):
    """Write lists with the indentation that yamllint expects."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


_Dumper.add_representer(
    _Literal, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"')
)


def write(result: Imported, directory: Path, source: str) -> None:
    """Write the inventory to a new or empty directory, atomically.

    Raises InputError if the directory is not empty.
    """
    directory = Path(os.path.abspath(directory))  # noqa: PTH100 -- keeps a link a link
    if directory.exists() and any(directory.iterdir()):
        raise InputError(f"{directory}: expected a new or empty directory. Give another --output")
    beside = directory.with_name(f"{directory.name}.new-{os.getpid()}")
    try:
        for name, text in _files(result, source).items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600 if name.endswith("vault.yml") else 0o644)
            path.write_text(text, encoding="utf-8")
        if directory.exists():
            directory.rmdir()
        beside.rename(directory)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _files(result: Imported, source: str) -> dict[str, str]:
    known = "registry_hostname" not in result.refused
    host = result.variables.get("registry_hostname", EXAMPLE) if known else EXAMPLE
    main, vault = _variables(result)
    files = {
        "hosts.yml": "---\n" + _text({"registry": {"hosts": {host: {}}}}),
        "group_vars/registry/main.yml": MAIN.format(source=source) + _text(main),
        ".gitignore": "# docs/two-administrators.md\npki/**/*.key\nsecrets/\n",
    }
    return {**files, **({"group_vars/registry/vault.yml": VAULT + _text(vault)} if vault else {})}


def _variables(result: Imported) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings, and the secrets that they refer to."""
    vault: dict[str, Any] = {}
    main = {"registry_hostname": EXAMPLE, **result.target.variables, **result.variables}
    main = {name: _literal(value) for name, value in main.items()}
    for name in sorted(secret_names(main)):
        vault[f"vault_{name}"] = main[name]
        main[name] = f"{{{{ vault_{name} }}}}"
    _hide_headers(main.get(ENDPOINTS, []), vault)
    if result.users:
        vault["vault_registry_password_hashes"] = dict(result.users)
        at = "{{{{ vault_registry_password_hashes['{}'] }}}}"
        main["registry_auth_users"] = [
            {"name": name, "password_hash": at.format(name)} for name in result.users
        ]
    elif "registry_auth_mode" not in main:
        password = LOOKUP.format(name=FIRST_USER)
        main["registry_auth_users"] = [{"name": FIRST_USER, "password": password}]
    if result.extra:
        main[EXTRA] = _literal(nested(result.extra))
    return main, vault


def _hide_headers(endpoints: list[dict[str, Any]], vault: dict[str, Any]) -> None:
    """Move the values of headers to the vault."""
    headers = [header for one in endpoints for header in one.get("headers", [])]
    if headers:
        vault[VAULT_HEADERS] = [header["value"] for header in headers]
    for number, header in enumerate(headers):
        header["value"] = f"{{{{ {VAULT_HEADERS}[{number}] }}}}"


def _literal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_literal(item) for item in value]
    template = isinstance(value, str) and ("{{" in value or "{%" in value or "{#" in value)
    return _Literal(value) if template else value


def _text(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=96, allow_unicode=True)
