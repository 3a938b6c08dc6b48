"""Evaluate which images a deploy would make unreachable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from holdfast.deploying.desired import Desired

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        ImagesFound,
        Some,
    )


def judge(desired: Desired, found: ImagesFound) -> Iterator[str]:
    """Yield one complaint for each mirror that hides images, and for manifests of schema 1."""
    at_path = [n for n, one in enumerate(desired.settings.mirrors) if not one.hostname]
    for number in at_path:
        name = desired.settings.mirrors[number].name
        hidden = found["hidden"].get(name)
        if hidden and hidden["count"]:
            yield (
                f"registry_mirrors[{number}].name: expected a name that hides no repositories, got"
                f' "{name}": in the storage there is {_listed(hidden)}. Give it another one, or a'
                f" host name: registry_mirrors[{number}].hostname"
            )
    old = found["old"]
    if old and old["images"]["count"]:
        yield (
            f"registry {desired.settings.version}: expected no manifests of schema 1, which it"
            f" cannot serve, found {_listed(old['images'])}. Copy them with a version that can"
            " (docs/storage.md), or delete them, or set registry_distribution_drop_schema1: true to"
            " lose them"
        )


def warnings(found: ImagesFound) -> Iterator[str]:
    """Yield what could not be looked at."""
    old = found["old"]
    if old and not (old["complete"] or old["images"]["count"]):
        yield (
            f"of {old['looked']} manifests none has schema 1, which this version of the registry"
            " cannot serve. There was no time to look at the others"
        )


def _listed(some: Some) -> str:
    """Return the first names, and the number of the others."""
    others = some["count"] - len(some["first"])
    return ", ".join(some["first"]) + (f" and {others} more" if others else "")
