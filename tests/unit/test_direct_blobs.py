"""Conditions for blobs sent by the proxy, and the rendered files."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.rendering import render
from holdfast.rendering.blobs import why_proxied
from holdfast.rendering.storage_config import directory, facts
from holdfast.settings import parse

BASE = {
    "registry_hostname": "registry.example.com",
    "registry_distribution_checksum": "sha256:" + "a" * 64,
    "registry_auth_users": [{"name": "alice", "password": "correct-horse-battery"}],
}
HOOK = {"name": "ci", "url": "https://ci.example.com"}
BUCKET = {"registry_storage_region": "eu-central-1", "registry_storage_bucket": "images"}


def hook(**more: Any) -> dict[str, Any]:
    return {"registry_notifications_endpoints": [{**HOOK, **more}]}


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"registry_storage_readonly": True},
        {"registry_cache_mode": "local"},
        {"registry_distribution_version": "2.8.2"},
        hook(ignore_actions=["pull"]),
        hook(ignore_media_types=["application/octet-stream"]),
        {"registry_extra_config": {"catalog": {"maxentries": 5}, "log": {"fields": {"a": "b"}}}},
        {"registry_mirrors": [{"name": "hub", "url": "https://registry-1.docker.io"}]},
    ],
)
def test_the_proxy_sends_what_is_on_the_disk(own: dict[str, Any]) -> None:
    settings = parse({**BASE, **own})
    assert why_proxied(settings) == ""
    tree = render(settings)
    assert tree["proxy/nginx.conf"].content.count("_layers/sha256") == 1
    assert (
        "d /srv/registry 0770 holdfast-registry holdfast -" in tree["systemd/tmpfiles.conf"].content
    )
    assert facts(settings)["mode"] == "0770"


@pytest.mark.parametrize(
    ("own", "why"),
    [
        ({"registry_proxy_direct_blobs": False}, "registry_proxy_direct_blobs is false"),
        ({"registry_storage_driver": "s3", **BUCKET}, "registry_storage_driver is s3"),
        (
            {"registry_upstream_url": "https://registry-1.docker.io"},
            "registry_upstream_url is given, and a mirror fetches what it has not",
        ),
        (
            {"registry_cdn_mode": "redirect", "registry_cdn_base_url": "https://cdn.example.com"},
            "registry_cdn_mode is redirect",
        ),
        (hook(), "registry_notifications_endpoints: ci is notified of pulls of blobs"),
        (
            {"registry_extra_config": {"http": {"headers": {"X-A": ["b"]}}}},
            "registry_extra_config has http",
        ),
        (
            {"registry_extra_config": {"log": {"accesslog": {"disabled": False}}}},
            "registry_extra_config has log.accesslog",
        ),
    ],
)
def test_the_registry_sends_them_where_somebody_could_tell(own: dict[str, Any], why: str) -> None:
    settings = parse({**BASE, **own})
    assert why_proxied(settings) == why
    tree = render(settings)
    assert "_layers" not in tree["proxy/nginx.conf"].content
    assert "thread_pool" not in tree["proxy/nginx.conf"].content
    closed = settings.only_mirror or not settings.storage.on_host
    hidden = f"/etc/holdfast/secrets -{directory(settings)}\n"
    assert closed or hidden in tree["systemd/holdfast-proxy.service"].content
    assert facts(settings).get("mode", "0700") == ("0700" if closed else "0770")


def test_a_mirror_at_a_name_of_its_own_has_no_way_past_it() -> None:
    mirror = {"name": "hub", "url": "https://registry-1.docker.io", "hostname": "hub.example.com"}
    text = render(parse({**BASE, "registry_mirrors": [mirror]}))["proxy/nginx.conf"].content
    _, own = text.split("server_name hub.example.com;\n    ssl_certificate ")
    assert "location @registry" not in own
