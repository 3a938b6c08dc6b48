"""The section on logins: who may do what, and who says so."""

from holdfast.settings.auth.htpasswd import Htpasswd
from holdfast.settings.auth.users import User

__all__ = ["Auth", "Htpasswd", "User"]

Auth = Htpasswd
