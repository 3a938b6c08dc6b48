"""Where the Ansible collection lies: inside the installed wheel, or in a source checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

COLLECTION = "holdfast.registry"


@cache
def collections_path() -> Path:
    """Return the folder that holds `ansible_collections/holdfast/registry`.

    An editable installation does not see the wheel's bundle, so a checkout's own link is the
    one documented fallback.
    """
    bundled = Path(__file__).parent / "_bundle"
    return bundled if bundled.is_dir() else Path(__file__).parents[2] / ".collections"


@cache
def collection_root() -> Path:
    """Return the collection's own folder, which holds `playbooks/`, `plugins/` and `templates/`."""
    return collections_path() / "ansible_collections" / "holdfast" / "registry"
