"""registry_extra_config: additions to the registry's configuration, and refusals."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from holdfast.distribution.configuration import KEYS
from holdfast.distribution.configuration.tree import find
from holdfast.rendering import render
from holdfast.settings import SettingsError, parse
from holdfast.settings.sections.extra_config import OWNED, UNSUPPORTED, refusal

EXTRA: list[tuple[str, str]] = [
    ("http: {host: 'https://x'}", "http.host: holdfast sets it. Use registry_hostname instead"),
    (
        "http: {addr: ':5000'}",
        "http.addr: holdfast sets it: each generation has a socket of its own. Remove it",
    ),
    (
        "storage: {filesystem: {rootdirectory: /x}}",
        "storage.filesystem.rootdirectory: holdfast sets it."
        " Use registry_storage_directory instead",
    ),
    (
        "storage: {s3: {bucket: x}}",
        "storage.s3.bucket: holdfast sets it. Use registry_storage_bucket instead",
    ),
    (
        "storage: {s3: {multipartcopychunksize: 33554432}}",
        "storage.s3: no use, for registry_storage_driver is filesystem. Remove it",
    ),
    (
        "storage: {cache: {blobdescriptor: redis}}",
        "storage.cache.blobdescriptor: holdfast sets it. Use registry_cache_mode instead",
    ),
    (
        "http: {headers: {access-control-allow-origin: [true]}}",
        "http.headers.access-control-allow-origin: the proxy sends it, for browsers send preflights"
        " without a login, and read it on refusals too: the registry answers neither. Use"
        " registry_http_cors_origins and registry_http_cors_credentials instead",
    ),
    (
        "http: {headers: {Cache-Control: [private]}}",
        "http.headers.Cache-Control: the proxy sets it on every answer. Remove it",
    ),
    (
        "http: {headers: {X-Team: [platform, true]}}",
        "http.headers: expected a mapping of header names to lists of texts,"
        " got true at X-Team[1]. Quote it",
    ),
    ("catlog: {maxentries: 1}", "catlog: no such key in 3.1.1. Did you mean catalog?"),
    (
        "validation: {disabled: 'yes'}",
        "validation.disabled: expected true or false,"
        ' got "yes" (a string). Write it without quotes',
    ),
]


@pytest.mark.parametrize(("text", "expected"), EXTRA, ids=lambda value: value[:40])
def test_an_addition_that_cannot_be_is_told(flat: dict[str, Any], text: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**flat, "registry_extra_config": yaml.safe_load(text)})
    assert [str(one) for one in caught.value.complaints] == [f"registry_extra_config.{expected}"]


def test_an_addition_is_merged_in_deep(flat: dict[str, Any]) -> None:
    extra = {
        "log": {"fields": {"place": "on", "n": "1e3"}},
        "storage": {"maintenance": {"uploadpurging": {"dryrun": True}}, "cache": None},
        "catalog": {"maxentries": 7},
    }
    settings = parse({**flat, "registry_extra_config": extra})
    before = yaml.safe_load(render(parse(flat))["registry/config.yml"].content)
    text = render(settings)["registry/config.yml"].content
    after = yaml.safe_load(text)
    maintenance = before["storage"].pop("maintenance")
    maintenance["uploadpurging"]["dryrun"] = True
    assert after["storage"].pop("maintenance") == maintenance
    assert after["log"].pop("fields") == {"place": "on", "n": "1e3"}
    assert after.pop("catalog") == {"maxentries": 7}
    assert after == before
    assert '"1e3"' in text  # which the registry's reader would take for a number


def test_no_secret_can_be_added_to_a_file_that_is_no_secret() -> None:
    assert [key.path for key in KEYS if key.secret and not refusal(key.path)] == []


def test_what_is_owned_exists() -> None:
    assert [path for path in (*OWNED, *UNSUPPORTED) if find(path) is None] == []
