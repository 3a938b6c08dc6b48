"""Drivers refuse values of keys that they read, and ignore unknown keys silently."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.distribution.configuration import check, check_keys
from holdfast.settings.sections.extra_config import merged
from tests.integration.startup import least, run, spread

BOTH = ("2.8.2", "3.1.1")
OLD, NEW = ("2.8.2",), ("3.1.1",)
S3 = {"bucket": "b", "region": "us-east-1", "accesskey": "a", "secretkey": "s"}
S3_BOTH = (
    *("encrypt", "secure", "skipverify", "v4auth", "chunksize", "storageclass", "objectacl"),
    *("multipartcopychunksize", "multipartcopymaxconcurrency", "multipartcopythresholdsize"),
)
S3_NEW = ("forcepathstyle", "accelerate", "usedualstack", "usefipsendpoint")

DRIVERS: list[tuple[tuple[str, ...], str, dict[str, Any], str]] = [
    *((BOTH, "s3", {**S3, key: "x"}, key) for key in S3_BOTH),
    *((NEW, "s3", {**S3, key: "x"}, key) for key in S3_NEW),
    (BOTH, "s3", {"bucket": "b"}, "no region parameter"),
    (BOTH, "s3", {"region": "us-east-1"}, "no bucket parameter"),
    (BOTH, "s3", {**S3, "region": "nowhere"}, "invalid region provided: nowhere"),
    (BOTH, "s3aws", {"bucket": "b"}, "no region parameter"),
    (NEW, "gcs", {}, "no bucket parameter"),
    (NEW, "gcs", {"bucket": "b", "chunksize": "x"}, "chunksize"),
    (NEW, "gcs", {"bucket": "b", "keyfile": "/no/file"}, "/no/file"),
    (NEW, "gcs", {"bucket": "b", "credentials": "x"}, "credentials"),
    (NEW, "azure", {"container": "c"}, "no accountname parameter"),
    (NEW, "azure", {"accountname": "a"}, "no container parameter"),
    (OLD, "swift", {}, "No username parameter"),
    (OLD, "swift", {"chunksize": "x"}, "chunksize"),
]
"""Versions, driver, parameters, and the reason for which the registry ends."""


IGNORED: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (BOTH, {"storage": {"filesystem": {"rootDirectory": "/no/dir", "maxthread": "many"}}}),
    (BOTH, {"storage": {"delete": {"enable": True}, "redirect": {"disable": True, "url": 1}}}),
    (BOTH, {"storage": {"cache": {"blobdescriptors": "redis"}}}),
    (BOTH, {"storage": {"maintenance": {"readonly": {"enable": True}, "purge": {"age": 1}}}}),
    (BOTH, {"http": {"address": ":1", "tls": {"cert": "/no/file"}, "delete": {"enabled": 1}}}),
    (BOTH, {"htpasswd": {"path": "/no/file"}, "logging": {"level": "none"}}),
    (BOTH, {"health": {"storage": {"enabled": 1}}, "catalog": {"max": "x"}}),
    (NEW, {"compatibility": {"schema1": {"signingkeyfile": "/no/file"}}}),
    (NEW, {"reporting": {"bugsnag": {"apikey": [1]}}, "redis": {"addr": "x", "pool": 1}}),
    (OLD, {"tags": {"maxtags": -1}, "http": {"h2c": {"enabled": "x"}}, "proxy": {"ttl": "x"}}),
    (OLD, {"storage": {"cache": {"blobdescriptor": "inmemory", "blobdescriptorsize": "x"}}}),
    (OLD, {"redis": {"addrs": 1, "tls": {"rootcas": 1}}, "log": {"reportcaller": "x"}}),
]
"""Versions, and keys that they do not read, with values that they could not use."""


@pytest.mark.parametrize(
    ("registry_of", "version", "driver", "parameters", "reason"),
    spread(DRIVERS),
    indirect=["registry_of"],
)
def test_a_driver_reads_its_parameter(
    registry_of: Path,
    tmp_path: Path,
    *,
    version: str,
    driver: str,
    parameters: dict[str, Any],
    reason: str,
) -> None:
    with run(registry_of, tmp_path, {"storage": {driver: parameters}}) as one:
        assert one.ended()
        assert reason.lower() in one.said.lower()
    # What ends the registry is told before it does.
    config = {"version": "0.1", "storage": {driver: parameters}}
    assert reason == "/no/file" or check(config, version) or "region" in parameters


@pytest.mark.parametrize(
    ("registry_of", "version", "config"), spread(IGNORED), indirect=["registry_of"]
)
def test_an_unknown_key_is_ignored_by_the_registry_and_told_by_us(
    registry_of: Path, tmp_path: Path, version: str, config: dict[str, Any]
) -> None:
    with run(registry_of, tmp_path, config) as one:
        assert one.code is None, one.said
        assert one.ask("GET", "/v2/").status == 200
    assert check_keys(config, version) != []
    assert check(merged(least(tmp_path), {}), version) == []
