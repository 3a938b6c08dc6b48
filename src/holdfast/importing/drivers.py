"""Convert the keys of storage drivers to settings."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from holdfast.importing.convert import Convert, Drop, Sources, unneeded
from holdfast.settings.placeholder import placeholder
from holdfast.versions import at_least

REMOTE = {"s3": "s3", "s3aws": "s3", "gcs": "gcs", "azure": "azure"}
"""Value of registry_storage_driver, by the name in a configuration."""

UNVERIFIED = "certificates are always verified: give the root in registry_service_ca"


def truth(value: Any) -> bool:
    """Return True for the values that a storage driver reads as true, strings included."""
    return str(value).lower() in ("true", "1")


def _path(value: Any) -> str:
    return str(value).strip("/")


def _of(driver: str, name: str, change: Callable[[Any], Any] = str) -> Convert:
    """Return a conversion to a setting of a driver that also selects the driver."""
    return lambda value, _: {
        "registry_storage_driver": driver,
        f"registry_storage_{name}": change(value),
    }


def _endpoint(at: str) -> Convert:
    """Return a conversion of an S3 server's address: adds the scheme and the path style."""

    def convert(value: Any, sources: Sources) -> dict[str, Any]:
        secure = sources.value(f"{at}.secure")
        scheme = "https" if secure is None or truth(secure) else "http"
        text = str(value).rstrip("/")
        found: dict[str, Any] = {}
        found["registry_storage_endpoint"] = text if "://" in text else f"{scheme}://{text}"
        # 2.8 puts the bucket into the path wherever there is an endpoint.
        if at_least(sources.version, "3.0") and sources.value(f"{at}.forcepathstyle") is None:
            found["registry_storage_path_style"] = False
        return {"registry_storage_driver": "s3", **found}

    return convert


def _unverified(value: Any, _: Sources) -> Drop:
    return Drop(UNVERIFIED) if truth(value) else unneeded()


def _key_file(value: Any, sources: Sources) -> dict[str, Any]:
    text = sources.files.text(value)
    if text is None:
        text = placeholder(f"the JSON text of {value}, which cannot be read here")
    return {"registry_storage_driver": "gcs", "registry_storage_key": text}


def redirect(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    """Convert to registry_storage_redirect, for drivers that support redirects."""
    remote = any(path.startswith(f"storage.{name}.") for path in sources.entries for name in REMOTE)
    return {"registry_storage_redirect": not value} if remote else unneeded()


def _s3(at: str) -> dict[str, Convert]:
    return {
        f"{at}.accesskey": _of("s3", "access_key"),
        f"{at}.secretkey": _of("s3", "secret_key"),
        f"{at}.region": _of("s3", "region"),
        f"{at}.regionendpoint": _endpoint(at),
        f"{at}.bucket": _of("s3", "bucket"),
        f"{at}.rootdirectory": _of("s3", "root_directory", _path),
        f"{at}.forcepathstyle": _of("s3", "path_style", truth),
        f"{at}.encrypt": _of("s3", "encrypt", truth),
        f"{at}.keyid": _of("s3", "kms_key"),
        f"{at}.secure": unneeded,
        f"{at}.skipverify": _unverified,
        f"{at}.chunksize": _of("s3", "chunk_mib", lambda v: max(5, math.ceil(int(v) / 2**20))),
        f"{at}.storageclass": _of("s3", "storage_class", str.lower),
        f"{at}.accelerate": _of("s3", "accelerate", truth),
        f"{at}.usedualstack": _of("s3", "dual_stack", truth),
        f"{at}.usefipsendpoint": _of("s3", "fips", truth),
    }


DRIVERS: dict[str, Convert] = {
    **_s3("storage.s3"),
    **_s3("storage.s3aws"),
    "storage.gcs.bucket": _of("gcs", "bucket"),
    "storage.gcs.rootdirectory": _of("gcs", "root_directory", _path),
    "storage.gcs.keyfile": _key_file,
    "storage.gcs.credentials": _of("gcs", "key", json.dumps),
    "storage.gcs.chunksize": _of("gcs", "chunk_kib", lambda v: 256 * math.ceil(int(v) / 2**18)),
    "storage.azure.accountname": _of("azure", "account"),
    "storage.azure.accountkey": _of("azure", "account_key"),
    "storage.azure.container": _of("azure", "container"),
    "storage.azure.realm": _of("azure", "realm"),
    "storage.azure.serviceurl": _of("azure", "endpoint", lambda v: str(v).rstrip("/")),
    "storage.azure.rootdirectory": _of("azure", "root_directory", _path),
    "storage.azure.credentials.type": _of("azure", "credentials"),
    "storage.azure.credentials.clientid": _of("azure", "client_id"),
    "storage.azure.credentials.tenantid": _of("azure", "tenant_id"),
    "storage.azure.credentials.secret": _of("azure", "client_secret"),
    "storage.azure.skipverify": _unverified,
    "storage.redirect.disable": redirect,
}
"""Conversion of each key of a storage driver."""
