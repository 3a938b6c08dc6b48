"""A directory service that knows logins and groups, beside those of the inventory."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect

_DN = re.compile(r"[A-Za-z][A-Za-z0-9.-]*=[^\x00\r\n]+")


def _is_filter(text: str) -> str:
    """Refuse what is no filter of its own: it stands between others."""
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


DirectoryAddress = Annotated[
    str,
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


class DirectoryGroup(Section):
    """A group of the directory, and what rules call it."""

    name: t.UserName
    """What rules call it: `group:NAME`."""
    dn: Dn
    """The group in the directory."""


class WithDirectory(Section):
    """Settings of the directory, for a mode that has one."""

    directory_urls: Annotated[
        tuple[DirectoryAddress, ...], Field(strict=False), Expect("a list of ldaps://HOST")
    ] = ()
    """Addresses of the same directory, asked one after the other; none: there is no directory."""
    directory_ca: t.PemText | None = None
    """Roots that vouch for its certificate, instead of the host's own store."""
    directory_bind_dn: Dn | None = None
    """Entry that may search it; none: it lets everybody search."""
    directory_bind_password: t.Passphrase | None = None
    """Its password; belongs in a vault."""
    directory_user_base: Dn | None = None
    """Where people are, with all that is below."""
    directory_user_filter: Filter = "(objectClass=person)"
    """Who of them may log in."""
    directory_name_attribute: Attribute = "uid"
    """What people log in with: `uid`, in Active Directory `sAMAccountName`."""
    directory_group_base: Dn | None = None
    """Where groups are; none: nobody is in a group."""
    directory_group_filter: Filter = "(objectClass=groupOfNames)"
    """Which of them count; in Active Directory `(objectClass=group)`."""
    directory_group_member: Literal["member", "uniqueMember", "memberUid"] = "member"
    """Attribute that lists members: by their entry, or, `memberUid`, by their name."""
    directory_group_name_attribute: Attribute = "cn"
    """Attribute with the name that rules call a group by."""
    directory_groups: Annotated[
        tuple[DirectoryGroup, ...], Field(strict=False), Expect("a list of groups")
    ] = ()
    """Groups with other names, a list of `name` and `dn`: these alone count then."""
    directory_nested_groups: bool = False
    """Whether members of a group's groups are its members, too."""
    directory_timeout_seconds: Annotated[
        int, Field(ge=1, le=30), Expect("seconds from 1 to 30")
    ] = 5
    """Longest wait for an answer of it."""
    directory_remember_seconds: Annotated[
        int, Field(ge=0, le=3600), Expect("seconds from 0 to 3600")
    ] = 60
    """Seconds for which a right password is remembered; an account that ends, ends after that and
    the token's life."""

    @model_validator(mode="after")
    def _whole(self) -> WithDirectory:
        given = {name for name in self.model_fields_set if name.startswith("directory_")}
        if given and not self.directory_urls:
            raise PydanticCustomError(
                "holdfast_directory",
                "directory_urls|addresses, for registry_auth_{one} is given|Give both",
                {"one": min(given), "given": "nothing"},
            )
        if self.directory_urls and not self.directory_user_base:
            raise PydanticCustomError(
                "holdfast_user_base",
                "directory_user_base|a distinguished name|Say where people are",
            )
        if (self.directory_bind_dn is None) != (self.directory_bind_password is None):
            raise PydanticCustomError(
                "holdfast_bind",
                "directory_bind_password|to be given together with registry_auth_directory_bind_dn"
                "|Give both, or none: a bind without a password proves nothing",
            )
        return self
