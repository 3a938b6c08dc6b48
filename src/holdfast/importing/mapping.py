"""Keys that have a setting: which one, and what becomes of the value."""

from __future__ import annotations

import math

from holdfast.importing.become import (
    Become,
    address,
    becomes,
    certificate,
    client_authorities,
    drops,
    first_host,
    lasts,
    log_format,
    public_name,
    seconds,
    secret,
    the_same,
    with_acme,
)
from holdfast.importing.drivers import DRIVERS
from holdfast.importing.services import SERVICES

SETTINGS: dict[str, Become] = {
    **DRIVERS,
    **SERVICES,
    "version": the_same,
    "auth.htpasswd": the_same,
    "log.level": becomes("registry_log_level", str.lower),
    "log.formatter": log_format,
    "log.accesslog.disabled": drops("the proxy keeps the access log"),
    "http.addr": address,
    "http.net": drops("each generation has a unix socket of its own"),
    "http.host": public_name,
    "http.secret": secret,
    "http.relativeurls": drops("registry_hostname is in every address"),
    "http.draintimeout": lasts("registry_http_drain_seconds", 1),
    "http.debug.addr": drops("holdfast status and registry_metrics_directory tell how it is"),
    "http.debug.prometheus.enabled": drops("registry_metrics_directory has the figures"),
    "http.debug.prometheus.path": drops("registry_metrics_directory has the figures"),
    "http.http2.disabled": drops("the proxy speaks with clients"),
    "http.h2c.enabled": drops("the proxy speaks with clients"),
    "http.tls.certificate": certificate("certificate"),
    "http.tls.key": certificate("key"),
    "http.tls.minimumtls": becomes(
        "registry_tls_profile", lambda v: "modern" if v == "tls1.3" else "intermediate"
    ),
    "http.tls.ciphersuites": drops("registry_tls_profile chooses them"),
    "http.tls.clientcas": client_authorities,
    "http.tls.clientauth": drops("registry_mtls_verify has it, with http.tls.clientcas"),
    "http.tls.letsencrypt.cachefile": with_acme(
        lambda _: {"registry_tls_mode": "acme", "registry_tls_accept_terms": True}
    ),
    "http.tls.letsencrypt.email": with_acme(lambda v: {"registry_tls_email": v}),
    "http.tls.letsencrypt.directoryurl": with_acme(lambda v: {"registry_tls_directory": v}),
    "http.tls.letsencrypt.hosts": first_host,
    "storage.filesystem.rootdirectory": becomes("registry_storage_directory"),
    "storage.delete.enabled": becomes("registry_storage_delete"),
    "storage.maintenance.readonly.enabled": becomes("registry_storage_readonly"),
    "storage.maintenance.uploadpurging.enabled": becomes("registry_storage_purge_uploads"),
    "storage.maintenance.uploadpurging.age": lasts("registry_storage_purge_hours", 3600),
    "proxy.remoteurl": becomes("registry_upstream_url", lambda v: v.rstrip("/")),
    "proxy.username": becomes("registry_upstream_username"),
    "proxy.password": becomes("registry_upstream_password"),
    "proxy.ttl": becomes("registry_upstream_ttl_seconds", lambda v: math.ceil(seconds(v))),
    "auth.htpasswd.realm": becomes("registry_auth_realm"),
    "auth.none": drops("registry_auth_mode: none, if that is what you want"),
    "auth.silly.realm": drops("it lets everybody in: registry_auth_mode: none, if you want that"),
    "auth.silly.service": drops("it lets everybody in: registry_auth_mode: none, if you want that"),
}
"""What becomes of each key that a setting covers; users are in users.py."""
