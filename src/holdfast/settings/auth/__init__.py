"""The section on logins: who may do what, and who says so."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.settings.auth.external_token import ExternalToken
from holdfast.settings.auth.htpasswd import Htpasswd
from holdfast.settings.auth.open import Open
from holdfast.settings.auth.token import Token
from holdfast.settings.auth.users import User

__all__ = ["Auth", "ExternalToken", "Htpasswd", "Open", "Token", "User"]

Auth = Annotated[Htpasswd | Open | Token | ExternalToken, Field(discriminator="mode")]
