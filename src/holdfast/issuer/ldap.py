"""Source of logins in a directory service: OpenLDAP, Active Directory and other LDAP servers.

The user's entry is searched by login name. The password is then verified by a bind as that entry.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars

from holdfast.issuer import ldap_connection
from holdfast.issuer.errors import SourceError
from holdfast.issuer.rules import Identity

LOG = logging.getLogger("holdfast.directory")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
"""Names that rules can refer to."""
MOST_PASSWORD = 1024
DOWN_SECONDS = 5.0
"""Seconds for which an unreachable directory is not contacted again, so that logins do not wait."""
DEEPEST, MOST_GROUPS = 8, 500
"""Maximum depth of nested groups, and maximum number of groups."""
_CONTROL = ("userAccountControl", "pwdLastSet", "pwdChangedTime", "pwdAccountLockedTime")
_DISABLED = 2
"""Bit "account disabled" of Active Directory's userAccountControl."""
_SECRET_WRONG = (48, 49)
"""Bind results for a wrong password: inappropriateAuthentication (the entry has none) and
invalidCredentials. Active Directory also returns them for locked and expired accounts."""


class LdapSource:
    """LDAP directory as a source of logins, see sources.Source."""

    def __init__(
        self, config: Mapping[str, Any], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`config` is the configuration from holdfast.rendering.ldap."""
        self._config, self._clock = config, clock
        self.remember_seconds: float | None = config["remember_seconds"]
        self._down_until = 0.0

    def verify(self, name: str, password: str) -> Identity | None:
        """Return the identity of a login; None if it is wrong. Raises SourceError if that is
        unknown."""
        # A bind without a password succeeds, and proves nothing (RFC 4513, 5.1.2).
        if not self._possible(name) or not password or len(password) > MOST_PASSWORD:
            return None
        with self._connected() as service:
            found = self._found(service, name)
            if found is None or not self._right(found["dn"], password):
                return None
            return self._identity(service, found)

    def lookup(self, name: str) -> Identity | None:
        """Return the current identity of a name, without a password. Raises SourceError."""
        if not self._possible(name):
            return None
        with self._connected() as service:
            found = self._found(service, name)
            return self._identity(service, found) if found else None

    def check(self) -> None:
        """Search the directory as for a login. Raises SourceError if it does not answer."""
        self._down_until = 0.0
        with self._connected() as service:
            self._found(service, "nobody")

    def _possible(self, name: str) -> bool:
        # A name that the inventory knows is the inventory's: whoever can make entries in the
        # directory must not become somebody else.
        return NAME.fullmatch(name) is not None and name.lower() not in self._config["reserved"]

    @contextmanager
    def _connected(self) -> Iterator[ldap3.Connection]:
        """Yield a connection for searches, to the first server that answers."""
        if self._clock() < self._down_until:
            raise SourceError("the directory could not be reached a moment ago")
        try:
            service = self._first()
        except SourceError as error:
            self._down_until = self._clock() + DOWN_SECONDS
            LOG.warning("the directory does not answer: %s", error)
            raise
        try:
            yield service
        except (LDAPException, OSError, ValueError) as error:
            LOG.warning("the directory: %s", error)
            raise SourceError(f"the directory: {error}") from error
        finally:
            ldap_connection.close(service)

    def _first(self) -> ldap3.Connection:
        faults = []
        for address in self._config["addresses"]:
            try:
                who = self._config["bind_dn"], self._config["bind_password"]
                return ldap_connection.bound(self._config, address, *who)
            except ldap_connection.RefusedError as error:
                faults.append(f"{address}: registry_auth_directory_bind_dn is refused: {error}")
            except (LDAPException, OSError, ValueError) as error:
                faults.append(f"{address}: {error}")
        raise SourceError("; ".join(faults))

    def _right(self, dn: str, password: str) -> bool:
        """Tell whether a password belongs to an entry. Raises SourceError if that is unknown."""
        faults = []
        for address in self._config["addresses"]:
            try:
                ldap_connection.close(ldap_connection.bound(self._config, address, dn, password))
                return True
            except ldap_connection.RefusedError as error:
                if error.code in _SECRET_WRONG:
                    return False
                faults.append(str(error))
            except (LDAPException, OSError, ValueError) as error:
                faults.append(str(error))
        LOG.warning("a password cannot be tried: %s", "; ".join(faults))
        raise SourceError("; ".join(faults))

    def _found(self, service: ldap3.Connection, name: str) -> dict[str, Any] | None:
        """Return dn and attributes of the entry of a name; None unless there is exactly one."""
        key = self._config["name_attribute"]
        condition = f"(&{self._config['user_filter']}({key}={escape_filter_chars(name)}))"
        entries = ldap_connection.search(
            service, self._config["user_base"], condition, [key, *_CONTROL], 2
        )
        if len(entries) != 1 or _disabled(entries[0]["attributes"]):
            return None
        # As the directory writes it: it takes "Alice" for "alice", and rules do not.
        own = [one for one in entries[0]["attributes"].get(key, []) if one.lower() == name.lower()]
        return {**entries[0], "name": own[0]} if own and self._possible(own[0]) else None

    def _identity(self, service: ldap3.Connection, found: dict[str, Any]) -> Identity:
        # Whatever changes with the password, as far as the directory shows it.
        state = [found["dn"], *(str(found["attributes"].get(key)) for key in _CONTROL[1:])]
        mark = hashlib.sha256("\n".join(state).encode()).hexdigest()[:16]
        return Identity(found["name"], "user", tuple(sorted(self._groups(service, found))), mark)

    def _groups(self, service: ldap3.Connection, found: dict[str, Any]) -> set[str]:
        if not self._config["group_base"]:
            return set()
        by_name = self._config["group_member"] == "memberUid"
        seen: dict[str, str | None] = {}
        wanted = [found["name"] if by_name else found["dn"]]
        for _ in range(1 if by_name or not self._config["nested_groups"] else DEEPEST):
            above = self._groups_of(service, wanted)
            wanted = [dn for dn in above if dn not in seen]
            seen.update(above)
            if not wanted or len(seen) >= MOST_GROUPS:
                break
        return {name for name in seen.values() if name}

    def _groups_of(self, service: ldap3.Connection, members: list[str]) -> dict[str, str | None]:
        """Return the group names by dn for all groups of any member; None: no name in rules."""
        key, attribute = self._config["group_member"], self._config["group_name_attribute"]
        any_of = "".join(f"({key}={escape_filter_chars(one)})" for one in members)
        condition = f"(&{self._config['group_filter']}(|{any_of}))"
        base = self._config["group_base"]
        found = ldap_connection.search(service, base, condition, [attribute], MOST_GROUPS)
        return {one["dn"]: self._group(one, attribute) for one in found}

    def _group(self, entry: dict[str, Any], attribute: str) -> str | None:
        """Return the name of a group in rules; None if it has none."""
        named: Mapping[str, str] = self._config["group_names"]
        if named:
            return named.get(entry["dn"].lower())
        value = (entry["attributes"].get(attribute) or [""])[0]
        # A group of the inventory is the inventory's, as its users are.
        own = value.lower() in self._config["reserved_groups"]
        return value if NAME.fullmatch(value) and not own else None


def _disabled(attributes: Mapping[str, list[str]]) -> bool:
    control = (attributes.get("userAccountControl") or ["0"])[0]
    locked = attributes.get("pwdAccountLockedTime")
    return bool(locked) or (control.isdigit() and bool(int(control) & _DISABLED))
