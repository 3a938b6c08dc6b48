"""Storage in the registry's configuration, in its environment and in the host's own checks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from holdfast.settings import Settings
from holdfast.settings.sections.storage import S3, Filesystem

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        Storage,
    )


def directory(settings: Settings) -> str:
    """Return the directory of the images; "" if they are not on the host."""
    images = settings.storage.filesystem
    return images.directory if images else ""


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment variables with the driver's secrets.

    The registry parses values of its environment as YAML. JSON quoting keeps them strings.
    """
    driver, found = settings.storage.driver, settings.storage.environment
    return {
        f"REGISTRY_STORAGE_{driver}_{key}".upper(): json.dumps(value)
        for key, value in found.items()
    }


def hidden(settings: Settings) -> dict[str, Any]:
    """Return the configuration keys that are passed in the environment, with placeholder values."""
    storage = settings.storage
    keys = dict.fromkeys(storage.secrets, "in the environment")
    return {"storage": {storage.driver: keys}} if keys else {}


def facts(settings: Settings) -> Storage:
    """Return the facts about the storage for the host's checks, without secrets."""
    storage = settings.storage
    place: Storage = {
        "driver": storage.driver,
        "place": storage.place,
        "adopt": storage.adopt,
        "readonly": storage.readonly,
    }
    if storage.filesystem:
        mode = "0700" if settings.only_mirror else "0770"
        return {**_directory(storage.filesystem, place), "mode": mode}
    return _bucket(storage.s3, place) if storage.s3 else place


def _directory(images: Filesystem, place: Storage) -> Storage:
    """Return the facts about a directory."""
    return {
        **place,
        "directory": images.directory,
        "mount": images.mount,
        "minimum_free_percent": images.minimum_free_percent,
    }


def _bucket(storage: S3, place: Storage) -> Storage:
    """Return the facts about a bucket."""
    return {
        **place,
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


def _amazon(region: str) -> str:
    """Return the URL of S3 in an Amazon region."""
    return f"https://s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
