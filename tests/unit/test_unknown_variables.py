"""Variables `registry_*` that are no settings: refused, warned of, or silenced."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.settings import SettingsError, parse, warnings

OTHERS = ["registry_username", "registry_password", "registry_url", "registry_team_quota"]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("registry_hostnme", "Did you mean registry_hostname?"),
        ("registry_host_name", "Did you mean registry_hostname?"),
        ("registry_mirror", "Did you mean registry_mirrors?"),
        ("registry_storage_dir", "Did you mean registry_storage_directory?"),
        ("registry_http_port", "Did you mean registry_proxy_http_port?"),
        ("registry_cache_backend_of_others", "docs/settings.md lists every setting"),
    ],
)
def test_a_name_like_one_of_ours_is_refused(flat: dict[str, Any], name: str, nearest: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**flat, name: 1})
    assert [str(one) for one in caught.value.complaints] == [f"{name}: no such setting. {nearest}"]


@pytest.mark.parametrize("name", OTHERS)
def test_any_other_is_a_warning(flat: dict[str, Any], name: str) -> None:
    given = {**flat, name: 1}
    assert parse(given) == parse(flat)
    (warning,) = warnings(given)
    assert str(warning).startswith(f"{name}: not a setting of holdfast, has no effect. ")
    assert str(warning).endswith("add it to registry_ignore")
    assert warnings({**given, "registry_ignore": [name]}) == []
    assert warnings({**given, "registry_ignore": ["registry_*"]}) == []
    assert warnings({**given, "registry_ignore": ["registry_ab*"]}) == [warning]


def test_patterns_silence_what_is_like_ours_unless_they_cover_a_setting(
    flat: dict[str, Any],
) -> None:
    given = {**flat, "registry_storage_class_of_others": 1}
    parse({**given, "registry_ignore": ["registry_storage_class_of_*"]})
    with pytest.raises(SettingsError):
        parse({**given, "registry_ignore": ["registry_storage_*"]})


def test_a_pattern_is_one_for_our_prefix(flat: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**flat, "registry_ignore": ["*"]})
    assert "registry_ignore[0]: expected registry_ and a pattern" in str(caught.value)


def test_what_is_ignored_does_not_change_a_host(flat: dict[str, Any]) -> None:
    ignoring = parse({**flat, "registry_ignore": ["registry_team_*"]})
    assert ignoring.model_dump_json() == parse(flat).model_dump_json()
