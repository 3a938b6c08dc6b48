"""The cache, a CDN and notifications: refusals, and rendered files by version."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from holdfast.distribution.configuration import check
from holdfast.rendering import render
from holdfast.rendering.secrets import environment
from holdfast.settings import SettingsError, parse

OLD = {"registry_distribution_source": "package", "registry_distribution_checksum": None}
PLACE = {"registry_cache_mode": "external", "registry_cache_addresses": ["c.test:6379"]}
TWO = {**PLACE, "registry_cache_addresses": ["a.test:6379", "b.test:6379"]}
KEY = f"-----BEGIN PRIVATE KEY-----\n{'A' * 64}\n-----END PRIVATE KEY-----\n"
RSA = KEY.replace("PRIVATE", "RSA PRIVATE")
CERTIFICATE = f"-----BEGIN CERTIFICATE-----\n{'A' * 64}\n-----END CERTIFICATE-----\n"
HOOK = {"name": "ci", "url": "https://ci.test/hook"}
HEADER = {"name": "Authorization", "value": 'Bearer "hidden-1"'}
BUCKET = {
    "registry_storage_driver": "s3",
    "registry_storage_region": "eu-central-1",
    "registry_storage_bucket": "images",
}
CLOUDFRONT = {
    "registry_cdn_mode": "cloudfront",
    "registry_cdn_base_url": "https://x.cloudfront.net",
    "registry_cdn_key_pair_id": "KABCDEF123",
}
CANNOT = "expected nothing, for registry 2.8.3 cannot do it"

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"registry_cache_mode": "redis"}, "cache_mode", "one of memory, local, external, none"),
    ({"registry_cache_size": 9, **OLD}, "cache_size", CANNOT),
    ({"registry_cache_mode": "local", "registry_cache_port": 7000}, "cache_port", "3.1.1 cannot"),
    ({"registry_cache_memory_mib": 9}, "cache_memory_mib", "registry_cache_mode is memory"),
    ({**PLACE, **OLD, "registry_cache_tls": True}, "cache_tls", CANNOT),
    (
        {**PLACE, **OLD, "registry_cache_username": "u", "registry_cache_password": "p"},
        "cache_username",
        CANNOT,
    ),
    (
        {**PLACE, **OLD, "registry_cache_master_name": "m"},
        "cache_master_name",
        CANNOT,
    ),
    ({**TWO, **OLD}, "cache_addresses", CANNOT),
    ({**TWO, "registry_cache_db": 1}, "cache_db", "expected 0, for several addresses"),
    ({**PLACE, "registry_cache_username": "u"}, "cache_username", "registry_cache_password"),
    ({**PLACE, "registry_cache_ca": CERTIFICATE}, "cache_ca", "registry_cache_tls"),
    (
        {**PLACE, "registry_cache_tls": True, "registry_cache_key": KEY},
        "cache_key",
        "registry_cache_certificate",
    ),
    ({**PLACE, "registry_cache_password": "a\nb"}, "cache_password", "a secret that is not shown"),
    ({**PLACE, "registry_cache_addresses": ["c.test"]}, "cache_addresses[0]", "with a port"),
    ({**CLOUDFRONT, "registry_cdn_private_key": KEY}, "cdn_private_key", "BEGIN RSA PRIVATE KEY"),
    ({**CLOUDFRONT, "registry_cdn_private_key": RSA}, "cdn_mode", "cloudfront needs registry_stor"),
    (
        {"registry_cdn_mode": "redirect", "registry_cdn_base_url": "https://c.test/x", **OLD},
        "cdn_mode",
        "redirect needs registry 3.1.1 or newer for a path",
    ),
    (
        {**BUCKET, "registry_cdn_mode": "rewrite", "registry_cdn_host": "cdn.test"},
        "cdn_mode",
        "rewrite needs registry_storage_redirect: true",
    ),
    ({"registry_cdn_mode": "rewrite"}, "cdn_host", "expected a host"),
    (
        {"registry_cdn_mode": "rewrite", "registry_cdn_scheme": "https", **OLD},
        "cdn_mode",
        "rewrite needs registry 3.1.1 or newer",
    ),
    (
        {"registry_cdn_mode": "rewrite", "registry_cdn_scheme": "https"},
        "cdn_mode",
        "rewrite needs registry_storage_driver s3, gcs, azure",
    ),
    (
        {
            "registry_notifications_endpoints": [{**HOOK, "headers": [HEADER]}],
            "registry_log_level": "info",
        },
        "log_level",
        "expected error or warn, for at info the registry logs the headers",
    ),
    (
        {"registry_notifications_endpoints": [HOOK, HOOK]},
        "notifications_endpoints",
        "each name once, got ci",
    ),
    (
        {"registry_notifications_endpoints": [{**HOOK, "url": "http://ci.test/"}]},
        "notifications_endpoints[0].url",
        "expected https",
    ),
    (
        {"registry_notifications_endpoints": [{**HOOK, "url": "https://u:p@ci.test/"}]},
        "notifications_endpoints[0].url",
        "without a login in it",
    ),
    (
        {"registry_notifications_endpoints": [{**HOOK, "ignore_actions": ["tag"]}]},
        "notifications_endpoints[0].ignore_actions[0]",
        "push, pull, delete, mount",
    ),
]


def given(flat: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Return variables without those that are None."""
    return {name: value for name, value in {**flat, **change}.items() if value is not None}


@pytest.mark.parametrize(("change", "name", "text"), REFUSED, ids=lambda value: str(value)[:30])
def test_it_is_refused(flat: dict[str, Any], change: dict[str, Any], name: str, text: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse(given(flat, change))
    result = {one.variable: one.text for one in error.value.complaints}
    assert text in result.get(f"registry_{name}", ""), result


def config(flat: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Return the rendered configuration, which its version has to read whole."""
    settings = parse(given(flat, change))
    found = yaml.safe_load(render(settings)["registry/config.yml"].content)
    assert check(found, settings.version) == []
    return dict(found)


RENDERED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"storage.cache": {"blobdescriptor": "inmemory"}, "redis": None}),
    ({"registry_cache_size": 5}, {"storage.cache.blobdescriptorsize": 5}),
    ({"registry_cache_mode": "none"}, {"storage.cache": None, "redis": None}),
    (
        {"registry_cache_mode": "local"},
        {"redis.addrs": ["/run/holdfast-cache/cache.sock"], "redis.username": "registry"},
    ),
    (
        {"registry_cache_mode": "local", **OLD},
        {"redis.addr": "127.0.0.1:6379", "redis.username": None, "redis.pool.maxidle": 32},
    ),
    ({**TWO}, {"redis.addrs": ["a.test:6379", "b.test:6379"], "redis.tls": None}),
    ({**PLACE, **OLD, "registry_cache_db": 2}, {"redis.addr": "c.test:6379", "redis.db": 2}),
    (
        {**PLACE, "registry_cache_tls": True},
        {"redis.tls": {"rootcas": ["/etc/ssl/certs/ca-certificates.crt"]}},
    ),
    (
        {**PLACE, "registry_cache_tls": True, "registry_service_ca": CERTIFICATE},
        {"redis.tls.rootcas": ["ca.pem"]},
    ),
    (
        {
            **PLACE,
            "registry_cache_tls": True,
            "registry_cache_ca": CERTIFICATE,
            "registry_cache_certificate": CERTIFICATE,
            "registry_cache_key": KEY,
        },
        {
            "redis.tls.rootcas": ["cache-ca.pem"],
            "redis.tls.certificate": "cache-certificate.pem",
            "redis.tls.key": "cache-key.pem",
        },
    ),
    (
        {
            **TWO,
            "registry_cache_master_name": "main",
            "registry_cache_sentinel_username": "s",
            "registry_cache_sentinel_password": "p",
            "registry_cache_connect_milliseconds": 20,
        },
        {"redis.mastername": "main", "redis.sentinelusername": "s", "redis.dialtimeout": "20ms"},
    ),
    (
        {"registry_cdn_mode": "redirect", "registry_cdn_base_url": "https://cdn.test", **OLD},
        {"middleware.storage": [{"name": "redirect", "options": {"baseurl": "https://cdn.test"}}]},
    ),
    (
        {
            "registry_notifications_endpoints": [{**HOOK, "ignore_actions": ["pull"]}],
            "registry_notifications_include_references": True,
        },
        {
            "notifications.events.includereferences": True,
            "notifications.endpoints": [
                {
                    **HOOK,
                    "timeout": "5s",
                    "threshold": 3,
                    "backoff": "10s",
                    "ignore": {"actions": ["pull"]},
                }
            ],
        },
    ),
]


@pytest.mark.parametrize(("change", "wanted"), RENDERED, ids=lambda value: str(value)[:40])
def test_it_is_rendered_in_the_words_of_its_version(
    flat: dict[str, Any], change: dict[str, Any], wanted: dict[str, Any]
) -> None:
    found = config(flat, change)
    for path, value in wanted.items():
        here: Any = found
        for part in path.split("."):
            here = here.get(part) if here else None
        assert here == value, path


def test_secrets_are_in_closed_files_alone(flat: dict[str, Any]) -> None:
    settings = parse(
        {
            **flat,
            **PLACE,
            "registry_cache_tls": True,
            "registry_cache_certificate": CERTIFICATE,
            "registry_cache_key": KEY,
            "registry_cache_password": "hidden-2: {",
            "registry_notifications_endpoints": [{**HOOK, "headers": [HEADER, HEADER]}],
        }
    )
    tree = render(settings)
    for secret in ("hidden-1", "hidden-2", KEY.strip()):
        closed = [path for path, file in tree.items() if secret in file.content]
        assert closed
        assert all(tree[path].sensitive for path in closed), closed
    found = environment(settings)
    # The registry reads each as YAML.
    assert yaml.safe_load(found["REGISTRY_REDIS_PASSWORD"]) == "hidden-2: {"
    (hook,) = json.loads(found["REGISTRY_NOTIFICATIONS_ENDPOINTS"])
    assert hook["headers"] == {"Authorization": [HEADER["value"]] * 2}
    assert hook["url"] == HOOK["url"]


def test_our_own_cache_is_a_unit_with_the_bounds_of_the_settings(flat: dict[str, Any]) -> None:
    change = {"registry_cache_mode": "local", "registry_cache_memory_mib": 100}
    tree, plain = render(parse({**flat, **change})), render(parse(flat))
    unit = tree["systemd/holdfast-cache.service"].content.splitlines()
    assert "ExecStart=/usr/bin/valkey-server /etc/holdfast/current/cache/cache.conf" in unit
    assert "MemoryMax=264M" in unit
    assert "PrivateNetwork=yes" in unit
    lines = tree["cache/cache.conf"].content.splitlines()
    assert {"maxmemory 100mb", "port 0", "maxmemory-policy allkeys-lru"} <= {*lines}
    assert not [path for path in plain if "cache" in path and not path.startswith("agent/")]
    registry = tree["systemd/holdfast-registry@.service"].content
    assert "EnvironmentFile=/etc/holdfast/secrets/cache.env" in registry
    assert "PrivateNetwork=yes" in registry


def test_registry_28_shares_a_loopback_with_its_cache(flat: dict[str, Any]) -> None:
    change = {"registry_cache_mode": "local", "registry_cache_port": 7000, **OLD}
    tree = render(parse(given(flat, {**change, "registry_platform": "debian12"})))
    registry = tree["systemd/holdfast-registry@.service"].content
    assert "JoinsNamespaceOf=holdfast-cache.service" in registry
    assert "port 7000" in tree["cache/cache.conf"].content
    assert "user default on" in tree["cache/users.acl"].content
    assert "/usr/bin/redis-server" in tree["systemd/holdfast-cache.service"].content
    hooked = {**change, "registry_notifications_endpoints": [HOOK]}
    tree = render(parse(given(flat, hooked)))
    assert "JoinsNamespaceOf" not in tree["systemd/holdfast-registry@.service"].content
    assert "PrivateNetwork" not in tree["systemd/holdfast-cache.service"].content
