"""Find the Ansible collection that runs; templates and host programs come from no other copy."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

COLLECTION = "holdfast.registry"


@cache
def collection_root() -> Path:
    """Return the collection's own folder, which holds `playbooks/`, `plugins/` and `templates/`.

    Python answers: a process of Ansible imports the collection that it runs, wherever that is
    installed; the command imports the one that was installed with this package.
    """
    return Path(import_module(f"ansible_collections.{COLLECTION}").__path__[0])


def collections_path() -> Path:
    """Return the folder that holds `ansible_collections/holdfast/registry`."""
    return collection_root().parents[2]
