"""No logins at all."""

from __future__ import annotations

from typing import Literal

from holdfast.settings.section import Section


class Open(Section):
    """No logins: whoever reaches the registry may pull and push."""

    mode: Literal["none"]
    accept_open_access: bool = False
    """That you accept that whoever reaches the registry needs no login; asked for on addresses
    that are not loopback or private."""
