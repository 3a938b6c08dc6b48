"""The section on storage: where images are kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.settings.storage.azure import Azure
from holdfast.settings.storage.base import Remote, Stored
from holdfast.settings.storage.filesystem import Filesystem
from holdfast.settings.storage.gcs import Gcs
from holdfast.settings.storage.s3 import S3

__all__ = ["S3", "Azure", "Filesystem", "Gcs", "Remote", "Storage", "Stored"]

Storage = Annotated[Filesystem | S3 | Gcs | Azure, Field(discriminator="driver")]
