"""Link a generation's units and files into the system's directories."""

from __future__ import annotations

import os

from ansible_collections.holdfast.registry.plugins.module_utils.generations import manifest
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths


def links(number: int) -> dict[str, str]:
    """Return the links from the system's directories to a generation, and to the current one."""
    store = Store()
    target = f"{paths.SYSTEM}/{paths.TARGET}"
    return {
        **{
            f"{paths.SYSTEM}/{paths.unit(instance, one)}": (
                f"{paths.ETC}/generations/{instance}/{paths.template(one)}"
            )
            for one, instance in store.instances(number).items()
        },
        f"{paths.SYSTEM}/multi-user.target.wants/{paths.TARGET}": target,
        **{
            path: f"{paths.ETC}/current/{place}"
            for path, place in manifest.linked(store.manifest(number)).items()
            if os.path.exists(store.path(number, place))
        },
    }


def link_units(number: int) -> None:
    """Link the units of a generation's services, and the files of the current generation."""
    store, wanted = Store(), links(number)
    for path, place in wanted.items():
        files.link(path, place)
    known = {path for one in store.numbers() for path in manifest.linked(store.manifest(one))}
    for path in known - wanted.keys():
        files.remove(path)


def unlink_units(number: int) -> None:
    """Remove the unit links of a generation that is about to be removed."""
    for service in Store().instances(number):
        files.remove(f"{paths.SYSTEM}/{paths.unit(number, service)}")


def missing_links(number: int) -> list[str]:
    """Return the links in the system's directories that are missing or wrong."""
    return [
        f"{path} does not point to {target}"
        for path, target in links(number).items()
        if not (os.path.islink(path) and os.readlink(path) == target)
    ]
