"""Configuration of the LDAP directory for the issuer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holdfast.settings.sections.auth import Token, User
from holdfast.settings.sections.auth.access import Group, Robot


def sources(auth: Token) -> list[dict[str, Any]]:
    """Return the directory as a source of logins, or nothing if there is none; see issuer.ldap."""
    if not auth.directory_urls:
        return []
    password = auth.directory_bind_password
    names = {one.dn.lower(): one.name for one in auth.directory_groups}
    return [
        {
            "kind": "directory",
            "addresses": list(auth.directory_urls),
            "ca": auth.directory_ca,
            "bind_dn": auth.directory_bind_dn,
            "bind_password": password.get_secret_value() if password else None,
            "user_base": auth.directory_user_base,
            "user_filter": auth.directory_user_filter,
            "name_attribute": auth.directory_name_attribute,
            "group_base": auth.directory_group_base,
            "group_filter": auth.directory_group_filter,
            "group_member": auth.directory_group_member,
            "group_name_attribute": auth.directory_group_name_attribute,
            "group_names": names,
            "nested_groups": auth.directory_nested_groups,
            "reserved": sorted({*_lower(auth.users), *_lower(auth.robots)}),
            "reserved_groups": sorted(_lower(auth.groups)),
            "timeout_seconds": auth.directory_timeout_seconds,
            "remember_seconds": auth.directory_remember_seconds,
        }
    ]


def _lower(named: Sequence[User] | Sequence[Robot] | Sequence[Group]) -> set[str]:
    return {one.name.lower() for one in named}
