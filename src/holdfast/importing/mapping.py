"""Map each key of a registry's configuration to its conversion."""

from __future__ import annotations

import math

from holdfast.importing.convert import (
    Convert,
    address,
    certificate,
    client_authorities,
    directory,
    dropped,
    duration,
    first_host,
    listed,
    log_format,
    public_name,
    seconds,
    secret,
    setting,
    unneeded,
    with_acme,
    with_scheme,
)
from holdfast.importing.drivers import DRIVERS
from holdfast.importing.services import SERVICES
from holdfast.importing.tokens import TOKENS

_OPEN = "it lets everybody in: registry_auth_mode: none, if you want that"
SETTINGS: dict[str, Convert] = {
    **DRIVERS,
    **SERVICES,
    **TOKENS,
    "version": unneeded,
    "auth.htpasswd": unneeded,
    "log.level": setting("registry_log_level", str.lower),
    "log.formatter": log_format,
    "log.accesslog.disabled": dropped("the proxy keeps the access log"),
    "http.addr": address,
    "http.net": dropped("each generation has a unix socket of its own"),
    "http.host": public_name,
    "http.secret": secret,
    "http.relativeurls": dropped("registry_hostname is in every address"),
    "http.draintimeout": duration("registry_http_drain_seconds", 1),
    "http.debug.addr": dropped("holdfast status and registry_metrics_directory tell how it is"),
    "http.debug.prometheus.enabled": dropped("registry_metrics_directory has the figures"),
    "http.debug.prometheus.path": dropped("registry_metrics_directory has the figures"),
    "http.http2.disabled": dropped("the proxy speaks with clients"),
    "http.h2c.enabled": dropped("the proxy speaks with clients"),
    "http.tls.certificate": certificate("certificate"),
    "http.tls.key": certificate("key"),
    "http.tls.minimumtls": setting(
        "registry_tls_profile", lambda v: "modern" if v == "tls1.3" else "intermediate"
    ),
    "http.tls.ciphersuites": dropped("registry_tls_profile chooses them"),
    "http.tls.clientcas": client_authorities,
    "http.tls.clientauth": dropped("registry_mtls_verify has it, with http.tls.clientcas"),
    "http.tls.letsencrypt.cachefile": with_acme(
        lambda _: {"registry_tls_mode": "acme", "registry_tls_accept_terms": True}
    ),
    "http.tls.letsencrypt.email": with_acme(lambda v: {"registry_tls_email": v}),
    "http.tls.letsencrypt.directoryurl": with_acme(lambda v: {"registry_tls_directory": v}),
    "http.tls.letsencrypt.hosts": first_host,
    "storage.filesystem.rootdirectory": directory,
    "storage.delete.enabled": setting("registry_storage_delete"),
    "storage.maintenance.readonly.enabled": setting("registry_storage_readonly"),
    "storage.maintenance.uploadpurging.enabled": setting("registry_storage_purge_uploads"),
    "storage.maintenance.uploadpurging.age": duration("registry_storage_purge_hours", 3600),
    "proxy.remoteurl": setting("registry_upstream_url", lambda v: v.rstrip("/")),
    "proxy.username": setting("registry_upstream_username"),
    "proxy.password": setting("registry_upstream_password"),
    "proxy.ttl": setting("registry_upstream_ttl_seconds", lambda v: math.ceil(seconds(v))),
    "outbound.proxy": setting("registry_outbound_proxy", with_scheme),
    "outbound.no_proxy": setting("registry_outbound_no_proxy", listed),
    "auth.htpasswd.realm": setting("registry_auth_realm"),
    "auth.none": dropped("registry_auth_mode: none, if that is what you want"),
    "auth.silly.realm": dropped(_OPEN),
    "auth.silly.service": dropped(
        "it lets everybody in: registry_auth_mode: none, if you want that"
    ),
}
"""Conversion of each key that a setting covers; users are in users.py."""
