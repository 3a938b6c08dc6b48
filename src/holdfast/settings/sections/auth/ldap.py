"""An LDAP directory with logins and groups, in addition to those of the inventory."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.hostnames import lowered
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.sections.auth.base import AuthMode
from holdfast.settings.types import Expect

_DN = re.compile(r"[A-Za-z][A-Za-z0-9.-]*=[^\x00\r\n]+")


def _is_filter(text: str) -> str:
    """Check that a text is one complete LDAP filter: it is embedded in a larger one."""
    depth = 0
    for place, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0 or (depth == 0 and place < len(text) - 1):
            raise PydanticCustomError("filter", "form")
    if depth or not text.startswith("(") or "\0" in text:
        raise PydanticCustomError("filter", "form")
    return text


def _is_dn(text: str) -> str:
    if not _DN.fullmatch(text):
        raise PydanticCustomError("dn", "form")
    return text


LdapAddress = Annotated[
    str,
    BeforeValidator(lowered),
    Field(pattern=r"^ldaps?://[A-Za-z0-9.-]+(?::\d{1,5})?/?$"),
    Expect("ldaps://HOST or ldap://HOST, with a port if you like", "ldap:// begins with StartTLS"),
]
Dn = Annotated[
    str,
    AfterValidator(_is_dn),
    Expect("a distinguished name", "e.g. ou=people,dc=example,dc=com"),
]
Filter = Annotated[
    str,
    AfterValidator(_is_filter),
    Expect("an LDAP filter in parentheses", "e.g. (objectClass=person)"),
]
Attribute = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$"), Expect("the name of an attribute")
]


class LdapGroup(Section):
    """A directory group and its name in rules."""

    name: t.UserName
    """Name of the group; rules refer to it as `group:NAME`."""
    dn: Dn
    """Distinguished name of the group in the directory."""


class WithLdap(AuthMode):
    """Settings of the LDAP directory, for a mode that supports one."""

    directory_urls: Annotated[
        tuple[LdapAddress, ...], Field(strict=False), Expect("a list of ldaps://HOST")
    ] = ()
    """URLs of the directory's servers, tried in order. If empty, no directory is used."""
    directory_ca: t.PemText | None = None
    """CA certificates for the directory, in place of the host's own store."""
    directory_bind_dn: Dn | None = None
    """Entry to bind as for searches. If not set, searches are anonymous."""
    directory_bind_password: t.Passphrase | None = None
    """Password of `registry_auth_directory_bind_dn`; belongs in a vault."""
    directory_user_base: Dn | None = None
    """Search base for users, including all entries below it."""
    directory_user_filter: Filter = "(objectClass=person)"
    """Filter for users who may log in."""
    directory_name_attribute: Attribute = "uid"
    """Attribute with the login name: `uid`, in Active Directory `sAMAccountName`."""
    directory_group_base: Dn | None = None
    """Search base for groups. If not set, no user is in a directory group."""
    directory_group_filter: Filter = "(objectClass=groupOfNames)"
    """Filter for groups; in Active Directory `(objectClass=group)`."""
    directory_group_member: Literal["member", "uniqueMember", "memberUid"] = "member"
    """Attribute that lists the members: by distinguished name, or with `memberUid` by login
    name."""
    directory_group_name_attribute: Attribute = "cn"
    """Attribute with the group name that rules use."""
    directory_groups: Annotated[
        tuple[LdapGroup, ...], Field(strict=False), Expect("a list of groups")
    ] = ()
    """Groups under other names: a list of `name` and `dn`. If set, only these groups count."""
    directory_nested_groups: bool = False
    """Resolve nested groups: members of a group's groups count as its members."""
    directory_timeout_seconds: Annotated[
        int, Field(ge=1, le=30), Expect("seconds from 1 to 30")
    ] = 5
    """Timeout for an answer of the directory, in seconds."""
    directory_remember_seconds: Annotated[
        int, Field(ge=0, le=3600), Expect("seconds from 0 to 3600")
    ] = 60
    """Seconds for which a correct password is cached. A disabled account keeps access for this time
    plus the lifetime of its token."""

    @model_validator(mode="after")
    def _whole(self) -> WithLdap:
        given = {name for name in self.model_fields_set if name.startswith("directory_")}
        if given and not self.directory_urls:
            raise refusal(
                "directory_urls",
                f"addresses, for registry_auth_{min(given)} is given",
                "Give both",
                given="nothing",
            )
        if self.directory_urls and not self.directory_user_base:
            raise refusal(
                "directory_user_base", "a distinguished name", "Give the search base for users"
            )
        if (self.directory_bind_dn is None) != (self.directory_bind_password is None):
            raise refusal(
                "directory_bind_password",
                "to be given together with registry_auth_directory_bind_dn",
                "Give both, or none: a bind without a password proves nothing",
            )
        return self

    @property
    def asks_directory(self) -> bool:
        """True if the issuer looks up logins in an LDAP directory."""
        return bool(self.directory_urls)
