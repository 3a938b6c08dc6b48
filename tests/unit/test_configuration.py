"""The configuration compiler: what it says, and what its tables hold."""

from __future__ import annotations

from itertools import combinations

import pytest
import yaml

from holdfast.distribution.configuration import KEYS, check, check_keys
from holdfast.distribution.configuration.tree import find, reads
from holdfast.versions import at_least

WHOLE = {"version": "0.1", "storage": {"filesystem": {"rootdirectory": "/data"}}}
SECRET = "hunter2hunter2"

WRONG: list[tuple[str, str, str]] = [
    (
        "3.1.1",
        "storage: {s3: {regionendpiont: x}}",
        "storage.s3.regionendpiont: no such key in 3.1.1. Did you mean regionendpoint?",
    ),
    (
        "3.1.1",
        "storage: {filesystem: {rootDirectory: x}}",
        "storage.filesystem.rootDirectory: no such key in 3.1.1. Did you mean rootdirectory?",
    ),
    (
        "3.1.1",
        "http: {delete: {enabled: true}}",
        "http.delete: no such key in 3.1.1. It belongs at storage.delete",
    ),
    (
        "2.8.3",
        "maxentries: 5",
        "maxentries: no such key in 2.8.3. It belongs at catalog.maxentries",
    ),
    (
        "2.8.3",
        "health: {disk: {enabled: true}}",
        "health.disk: no such key in 2.8.3. Known here: storagedriver, file, http, tcp",
    ),
    (
        "2.8.3",
        "auth: {htpasswd: {file: x}}",
        "auth.htpasswd.file: no such key in 2.8.3. Did you mean path?",
    ),
    (
        "3.1.1",
        "auth: {token: {url: x}}",
        "auth.token.url: no such key in 3.1.1. Did you mean realm?",
    ),
    (
        "3.1.1",
        "storage: {s3: {access_key: x}}",
        "storage.s3.access_key: no such key in 3.1.1. Did you mean accesskey?",
    ),
    (
        "3.1.1",
        "http: {certificate: x}",
        "http.certificate: no such key in 3.1.1. It belongs at http.tls.certificate",
    ),
    (
        "3.1.1",
        "auth: {realm: x}",
        "auth.realm: no such key in 3.1.1. It belongs at one of auth.htpasswd.realm,"
        " auth.silly.realm, auth.token.realm",
    ),
    (
        "3.1.1",
        "log: {file: x}",
        "log.file: no such key in 3.1.1. Known here: level, formatter, accesslog, reportcaller,"
        " fields, hooks",
    ),
    ("3.1.1", "redis: {addr: x}", "redis.addr: removed in 3.0: use redis.addrs instead"),
    (
        "3.1.1",
        "redis: {pool: {maxidle: 1}}",
        "redis.pool: removed in 3.0: use redis.maxidleconns, redis.poolsize,"
        " redis.connmaxidletime instead",
    ),
    (
        "3.1.1",
        "reporting: {bugsnag: {apikey: x}}",
        "reporting: removed in 3.0: nothing took its place. Remove it",
    ),
    (
        "3.1.1",
        "redis: {tls: {clientcas: [x]}}",
        "redis.tls.clientcas: removed in 3.1: use redis.tls.rootcas instead",
    ),
    ("2.8.3", "http: {h2c: {enabled: true}}", "http.h2c: since 3.0; this is 2.8.3"),
    ("3.0.0", "tags: {maxtags: 5}", "tags: since 3.1; this is 3.0.0"),
    (
        "3.1.1",
        "http: {draintimeout: 10}",
        "http.draintimeout: expected a duration like 10s, got 10."
        " A number without a unit counts nanoseconds",
    ),
    (
        "3.1.1",
        'storage: {delete: {enabled: "true"}}',
        'storage.delete.enabled: expected true or false, got "true" (a string).'
        " Write it without quotes",
    ),
    (
        "3.1.1",
        "http: {tls: {minimumtls: tls1.0}}",
        'http.tls.minimumtls: expected one of tls1.2, tls1.3, got "tls1.0" (a string)',
    ),
    (
        "3.1.1",
        "health: {http: [{uri: x}, {uri: 5}]}",
        "health.http[1].uri: expected a text, got 5. Quote it",
    ),
    ("3.1.1", "health: {tcp: {addr: x}}", "health.tcp: expected a list, got a mapping"),
    (
        "3.1.1",
        "catalog: 5",
        "catalog: expected a mapping with maxentries, got 5",
    ),
    (
        "3.1.1",
        f"redis: {{password: [{SECRET}]}}",
        "redis.password: expected a text, got a secret that is not shown (a list). Quote it",
    ),
]


@pytest.mark.parametrize(("version", "text", "expected"), WRONG, ids=lambda value: value[:40])
def test_a_wrong_key_is_told_exactly(version: str, text: str, expected: str) -> None:
    assert [str(one) for one in check_keys(yaml.safe_load(text), version)] == [expected]


TOGETHER: list[tuple[str, str, str]] = [
    ("3.1.1", "storage: {inmemory: null}", "storage: expected one storage driver, got filesystem,"),
    ("3.1.1", "auth: {token: {}, silly: {realm: a, service: b}}", "auth: expected one kind of"),
    ("3.1.1", "auth: {htpasswd: {realm: a}}", "auth.htpasswd.path: expected a value, got nothing"),
    ("3.1.1", "storage: {redirect: {}}", "storage.redirect.disable: expected a value, got nothing"),
    (
        "2.8.3",
        "storage: {maintenance: {uploadpurging: {enabled: true, age: 1h}}}",
        "storage.maintenance.uploadpurging: expected enabled, age, interval, dryrun,"
        " got no interval, dryrun. A part replaces all",
    ),
    (
        "2.8.3",
        "{storage: {cache: {blobdescriptor: redis}}, redis: {db: 1}}",
        "storage.cache.blobdescriptor: expected redis.addr with redis, got none",
    ),
    (
        "3.1.1",
        "http: {host: 'https://x', relativeurls: true}",
        "http.relativeurls: no effect beside http.host. Remove one of the two",
    ),
    (
        "3.1.1",
        "middleware: {storage: [{name: redirect, disabled: true}]}",
        "middleware.storage[0].disabled: the registry applies it all the same."
        " Remove the whole entry",
    ),
]


@pytest.mark.parametrize(("version", "text", "expected"), TOGETHER, ids=lambda value: value[:40])
def test_what_cannot_stand_together_is_told(version: str, text: str, expected: str) -> None:
    addition = yaml.safe_load(text)
    config = {**WHOLE, **addition, "storage": {**WHOLE["storage"], **addition.get("storage", {})}}
    assert any(str(one).startswith(expected) for one in check(config, version))


@pytest.mark.parametrize("version", ["2.8.2", "2.8.3", "3.0.0", "3.1.1", "3.2.0"])
def test_a_whole_configuration_is_not_complained_of(version: str) -> None:
    assert check(WHOLE, version) == []
    assert check({"version": 0.1, "storage": "inmemory", "auth": "none"}, version) == []


def test_the_tables_agree_with_themselves() -> None:
    for key in KEYS:
        assert find(key.path) is not None
        assert not key.since or not key.until or not at_least(key.since, key.until), key
        assert not key.instead or find(key.instead) is not None, key
    for one, other in combinations(KEYS, 2):
        both = one.path == other.path
        twice = [v for v in ("2.8.3", "3.0.0", "3.1.1") if reads(one, v) and reads(other, v)]
        assert not (both and twice), one
