"""The section on storage: where images are kept."""

from holdfast.settings.storage.filesystem import Filesystem

__all__ = ["Filesystem", "Storage"]

Storage = Filesystem
