"""The mode without logins."""

from __future__ import annotations

from typing import Literal

from holdfast.settings.sections.auth.base import AuthMode
from holdfast.settings.sections.auth.users import User


class Open(AuthMode):
    """No logins: anyone who reaches the registry may pull and push."""

    mode: Literal["none"]
    accept_open_access: bool = False
    """Accept that anyone who reaches the registry needs no login. Required on addresses that are
    not loopback or private."""

    @property
    def asks_login(self) -> bool:
        """False: no request needs a login."""
        return False

    @property
    def open_because(self) -> str:
        """Reason for access without a login, as a clause."""
        return "registry_auth_mode is none"

    @property
    def users(self) -> tuple[User, ...]:
        """Empty: there are no users."""
        return ()
