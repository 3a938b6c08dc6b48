"""Values as Ansible gives them are taken as the role's argument_specs take them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from holdfast.settings import SettingsError, parse
from holdfast.settings.across_hosts import share
from holdfast.settings.variables import by_name, nest

SPECS = Path(__file__).parents[2] / "roles/registry/meta/argument_specs.yml"
GIVEN: list[tuple[str, Any]] = [
    ("registry_proxy_port", "5000"),
    ("registry_proxy_port", "443 "),
    ("registry_proxy_body_limit_mib", "0"),
    ("registry_storage_delete", "true"),
    ("registry_storage_delete", "Yes"),
    ("registry_storage_delete", "off"),
    ("registry_storage_delete", 1),
    ("registry_storage_path_style", "no"),
    ("registry_tls_accept_terms", "true"),
    ("registry_proxy_addresses", "10.0.0.1,10.0.0.2"),
    ("registry_hardening_ssh_sources", "10.0.0.0/8"),
    ("registry_mtls_verify", False),
    ("registry_hardening_profile", False),
    ("registry_auth_realm", 5),
    ("registry_hardening_exceptions", "net.drop=another-firewall-is-there"),
    ("registry_auth_groups", [{"name": 5, "members": ["alice", 7]}]),
    (
        "registry_mirrors",
        [
            {
                "name": "hub",
                "url": "https://registry-1.docker.io",
                "memory_mib": "512",
                "anonymous": "true",
            }
        ],
    ),
]
"""Values from `-e` or an INI inventory."""


@pytest.mark.parametrize(("name", "given"), GIVEN, ids=str)
def test_argument_specs_take_it_the_same_way(name: str, given: Any) -> None:
    spec = yaml.safe_load(SPECS.read_text())["argument_specs"]["main"]["options"]
    result = ArgumentSpecValidator({name: spec[name]}).validate({name: given})
    assert result.error_messages == []
    variable = by_name()[name][0]
    taken = nest({name: given})[variable.section or variable.key]
    taken = taken[variable.key] if variable.section else taken
    assert _without_defaults(result.validated_parameters[name], taken) == taken


def _without_defaults(value: Any, taken: Any) -> Any:
    """Return a value without the keys that the specification added to its mappings."""
    if isinstance(value, dict) and isinstance(taken, dict):
        return {key: item for key, item in value.items() if key in taken}
    if isinstance(value, list) and isinstance(taken, list):
        return [_without_defaults(*pair) for pair in zip(value, taken, strict=True)]
    return value


def test_texts_in_json_are_lists_and_mappings(flat: dict[str, Any]) -> None:
    users = '[{"name": "bob", "password": "another-horse-staple"}]'
    settings = parse({**flat, "registry_auth_users": users})
    assert [user.name for user in settings.users] == ["bob"]


def test_what_other_hosts_share_is_converted_too() -> None:
    given = {"registry_storage_purge_uploads": "false", "registry_http_drain_seconds": "5"}
    found = share(given)
    assert found is not None
    assert (found.storage.purge_uploads, found.http.drain_seconds) == (False, 5)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"registry_proxy_port": "5000x"}, 'from 1 to 65535, got "5000x" (a string)'),
        ({"registry_proxy_port": True}, "from 1 to 65535, got true"),
        ({"registry_storage_delete": "2"}, 'true or false, got "2" (a string)'),
        ({"registry_auth_realm": True}, "got true"),
        ({"registry_mtls_verify": True}, "one of off, optional, require, got true"),
        ({"registry_http_secret": 12345678901234567890123456789012}, "registry_http_secret"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(
    flat: dict[str, Any], change: dict[str, Any], expected: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**flat, **change})
    (complaint,) = caught.value.complaints
    assert expected in str(complaint)
