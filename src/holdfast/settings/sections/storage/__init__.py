"""The section `registry_storage_*`: the storage of images."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.settings.sections.storage.azure import Azure
from holdfast.settings.sections.storage.base import Remote, Stored
from holdfast.settings.sections.storage.filesystem import Filesystem
from holdfast.settings.sections.storage.gcs import Gcs
from holdfast.settings.sections.storage.s3 import S3

__all__ = ["S3", "Azure", "Filesystem", "Gcs", "Remote", "Storage", "Stored"]

Storage = Annotated[Filesystem | S3 | Gcs | Azure, Field(discriminator="driver")]
