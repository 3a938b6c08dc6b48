"""Interface of all login modes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from holdfast.settings.section import Section

if TYPE_CHECKING:
    from holdfast.settings.sections.auth.external_token import ExternalToken
    from holdfast.settings.sections.auth.htpasswd import Htpasswd
    from holdfast.settings.sections.auth.token import Token
    from holdfast.settings.sections.auth.users import User


class AuthMode(Section):
    """Base of the login modes."""

    @property
    def asks_login(self) -> bool:
        """True if some or all requests need a login."""
        return True

    @property
    def checks_passwords(self) -> bool:
        """True if this host checks passwords, in its proxy or its issuer."""
        return False

    @property
    def issues_tokens(self) -> bool:
        """True if this host issues the tokens that its registry accepts."""
        return False

    def with_user(self, user: User) -> Self:
        """Return the settings with one more user, who may do everything, where there are users."""
        del user
        return self

    @property
    def asks_directory(self) -> bool:
        """True if the issuer looks up logins in an LDAP directory."""
        return False

    @property
    def packages(self) -> tuple[str, ...]:
        """Debian packages that the mode needs on the host."""
        return ()

    @property
    def open_because(self) -> str | None:
        """Reason for access without a login, as a clause; None if every request needs a login."""
        return None

    @property
    def htpasswd(self) -> Htpasswd | None:
        """Settings of password checks in the proxy; None in other modes."""
        return None

    @property
    def token(self) -> Token | None:
        """Settings of the bundled issuer; None in other modes."""
        return None

    @property
    def external_token(self) -> ExternalToken | None:
        """Settings of an external issuer; None in other modes."""
        return None
