"""Write the inventory: hosts, settings, and a vault file that only its owner can read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from holdfast import new_folder
from holdfast.importing.extra_config import nested
from holdfast.importing.report import EXAMPLE, FIRST_USER, Imported, secret_names
from holdfast.importing.services import ENDPOINTS
from holdfast.settings.sections.extra_config import NAME as EXTRA
from holdfast.yaml_writing import Unsafe, dumped

MAIN = "---\n# Made by holdfast import from {source}. Every setting: docs/settings.md\n"
VAULT = """\
---
# Secrets, readable by you alone. Before they go anywhere:
#   ansible-vault encrypt group_vars/registry/vault.yml
"""
VAULT_HEADERS = "vault_registry_notifications_headers"
LOOKUP = "{{{{ lookup('ansible.builtin.password', inventory_dir ~ '/secrets/{name}') }}}}"


def write(result: Imported, directory: Path, source: str) -> None:
    """Write the inventory to a new or empty directory, atomically.

    Raises InputError if the directory is not empty.
    """
    texts = files(result, source)
    private = [name for name in texts if name.endswith("vault.yml")]
    new_folder.write(directory, texts, private, "--output")


def files(result: Imported, source: str) -> dict[str, str]:
    """Return the texts of the inventory's files by path; `source` is the file that was imported."""
    known = "registry_hostname" not in result.refused
    host = result.variables.get("registry_hostname", EXAMPLE) if known else EXAMPLE
    main, vault = _variables(result)
    texts = {
        "hosts.yml": "---\n" + dumped({"registry": {"hosts": {host: {}}}}),
        "group_vars/registry/main.yml": MAIN.format(source=source) + dumped(main),
        ".gitignore": "# docs/two-administrators.md\npki/**/*.key\nsecrets/\n",
    }
    return {**texts, **({"group_vars/registry/vault.yml": VAULT + dumped(vault)} if vault else {})}


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
    return Unsafe(value) if template else value
