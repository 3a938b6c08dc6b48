"""The section `registry_service_*`: limits of the registry's systemd unit."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


class Service(Section):
    """Limits of the registry's systemd unit."""

    memory_mib: Annotated[int, Field(ge=128, le=1048576), Expect("MiB from 128 to 1048576")] = 1024
    """Memory limit of the registry in MiB; it is restarted when it exceeds it."""
    drop_ins: Annotated[
        tuple[t.DropIn, ...], Field(strict=False), Expect("a list of paths on the host")
    ] = ()
    """Paths of drop-ins on the host that change units of holdfast and are meant to. Any other one
    is reported by `deploy`, `status`, `doctor` and `verify`."""
    ca: t.PemText | None = None
    """Additional CA certificates that the registry trusts for its outgoing connections."""
