"""Storage as the registry's configuration, its environment and a host's own checks see it."""

from __future__ import annotations

import json
from typing import Any

from holdfast.rendering import blobs
from holdfast.settings import Settings
from holdfast.settings.storage import S3, Azure, Filesystem, Gcs
from holdfast.versions import at_least

KEY_FILE = "gcs.json"
"""File beside the registry's configuration with the key of a service account."""


def directory(settings: Settings) -> str:
    """Return the directory of the images; empty when they are not on the host."""
    return settings.storage.directory if isinstance(settings.storage, Filesystem) else ""


def parameters(settings: Settings) -> dict[str, Any]:
    """Return the driver's keys for the version of the registry, without secrets."""
    storage, new = settings.storage, at_least(settings.version, "3.0")
    found = storage.parameters
    if isinstance(storage, S3) and not new:
        found.pop("forcepathstyle", None)  # 2.8 does so with regionendpoint
    if has_key_file(settings):
        # From the registry's working directory, which is the one of its configuration.
        return {**found, "keyfile": KEY_FILE}
    if isinstance(storage, Azure) and new:
        return {**found, "credentials": _azure(storage, secret=False)}
    return found


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables that hold the driver's secrets.

    The registry reads values of its environment as YAML: in JSON's quotes each stays a text.
    """
    storage = settings.storage
    found = {
        f"REGISTRY_STORAGE_{storage.driver.upper()}_{key.upper()}": value.get_secret_value()
        for key, value in storage.secrets.items()
        if "." not in key
    }
    if isinstance(storage, Azure) and storage.client_secret:
        # The registry replaces the section whole: it cannot set one key of it.
        whole = json.dumps(_azure(storage, secret=True))
        return {"REGISTRY_STORAGE_AZURE_CREDENTIALS": whole}
    return {name: json.dumps(value) for name, value in found.items()}


def hidden(settings: Settings) -> dict[str, Any]:
    """Return what the configuration is without, for its environment has it."""
    storage = settings.storage
    keys = {key: "in the environment" for key in storage.secrets if "." not in key}
    return {"storage": {storage.driver: keys}} if keys else {}


def has_key_file(settings: Settings) -> bool:
    """Tell whether the generation has the key of a service account as a file."""
    return isinstance(settings.storage, Gcs) and settings.storage.key is not None


def facts(settings: Settings) -> dict[str, Any]:
    """Return what a host has to know of its storage; no secret."""
    storage = settings.storage
    own: dict[str, Any] = {}
    if isinstance(storage, Filesystem):
        free = storage.minimum_free_percent
        own = {"directory": storage.directory, "mount": storage.mount, "minimum_free_percent": free}
        own["mode"] = "0750" if blobs.store(settings) else "0700"
    if isinstance(storage, S3):
        own = {
            "endpoint": storage.endpoint or _amazon(storage.region),
            "region": storage.region,
            "bucket": storage.bucket,
            "root": storage.root_directory,
            "paths": storage.paths,
            "keys": storage.access_key is not None,
            "encrypt": ("aws:kms" if storage.kms_key else "AES256") if storage.encrypt else "",
            "kms_key": storage.kms_key or "",
            "storage_class": storage.storage_class.upper(),
        }
    return {
        "driver": storage.driver,
        "place": storage.place,
        "adopt": storage.adopt,
        "readonly": storage.readonly,
        **own,
    }


def _amazon(region: str) -> str:
    """Return the address of S3 in one of Amazon's regions."""
    return f"https://s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def _azure(storage: Azure, *, secret: bool) -> dict[str, str]:
    given = {
        "type": storage.credentials,
        "clientid": storage.client_id,
        "tenantid": storage.tenant_id,
        "secret": storage.client_secret.get_secret_value()
        if secret and storage.client_secret
        else None,
    }
    return {key: value for key, value in given.items() if value}
