"""The section `registry_auth_*`: logins and access rights."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.settings.sections.auth.external_token import ExternalToken
from holdfast.settings.sections.auth.htpasswd import Htpasswd
from holdfast.settings.sections.auth.open import Open
from holdfast.settings.sections.auth.token import Token
from holdfast.settings.sections.auth.users import User

__all__ = ["Auth", "ExternalToken", "Htpasswd", "Open", "Token", "User"]

Auth = Annotated[Htpasswd | Open | Token | ExternalToken, Field(discriminator="mode")]
