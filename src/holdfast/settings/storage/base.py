"""What holds for images wherever they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field, SecretStr

from holdfast.settings.section import Section
from holdfast.settings.types import Expect

Refusal = tuple[str, str, str]
"""Key of this section, what was expected, what to do."""


class Stored(Section):
    """What every driver offers."""

    delete: bool = False
    """Whether clients may delete manifests and blobs."""
    purge_uploads: bool = True
    """Whether this host removes abandoned uploads; of several that share storage, let one do so."""
    purge_hours: Annotated[int, Field(ge=1, le=8760), Expect("hours from 1 to 8760")] = 168
    """Uploads that were begun and not finished for this long are removed."""
    readonly: bool = False
    """Whether pushes and deletes are refused (405) while pulls go on."""
    adopt: bool = False
    """Take over what is there: images that another registry left, or another place than the one
    that serves now, whose images then stay behind."""

    @property
    def place(self) -> str:
        """Where images are, as a person would say it; equal when it is the same place."""
        raise NotImplementedError

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys of the driver in the registry's configuration, without secrets."""
        raise NotImplementedError

    @property
    def secrets(self) -> dict[str, SecretStr]:
        """Secret keys of the driver, by their path below it."""
        return {}

    def refusals(self, version: str) -> Iterator[Refusal]:
        """Yield what a version of the registry cannot do."""
        del version
        yield from ()


class Remote(Stored):
    """What every driver offers whose images are on other machines."""

    redirect: bool = False
    """Whether clients are sent to the storage for blobs, by addresses that are signed for minutes.
    It spares this host the traffic; every client then has to reach the storage and to trust its
    certificate, and pulls of blobs are no longer in the access log as bytes."""
