"""Logins of a directory service: OpenLDAP, Active Directory, and what else speaks LDAP.

Who logs in is searched for by the name, then the password is tried by a bind as that entry.
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

from holdfast.issuer import wire
from holdfast.issuer.rules import Identity
from holdfast.issuer.sources import SourceError

LOG = logging.getLogger("holdfast.directory")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
"""Names that rules can speak of."""
MOST_PASSWORD = 1024
DOWN_SECONDS = 5.0
"""For how long a directory that could not be reached is not asked again: others wait for nobody."""
DEEPEST, MOST_GROUPS = 8, 500
"""How far groups of groups are followed, and how many are asked for."""
_CONTROL = ("userAccountControl", "pwdLastSet", "pwdChangedTime", "pwdAccountLockedTime")
_DISABLED = 2
"""Bit of Active Directory's userAccountControl."""
_SECRET_WRONG = (48, 49)
"""Results of a bind with a wrong password: inappropriateAuthentication (the entry has none) and
invalidCredentials. Active Directory says so of locked and ended accounts, too."""


class Directory:
    """A source of logins, see sources.Source."""

    def __init__(
        self, told: Mapping[str, Any], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`told` is what holdfast.rendering.directory says of the settings."""
        self._told, self._clock = told, clock
        self.remember_seconds: float | None = told["remember_seconds"]
        self._down_until = 0.0

    def verify(self, name: str, password: str) -> Identity | None:
        """Return who logs in; None when nobody does. Raises SourceError when it cannot be told."""
        # A bind without a password succeeds, and proves nothing (RFC 4513, 5.1.2).
        if not self._possible(name) or not password or len(password) > MOST_PASSWORD:
            return None
        with self._connected() as service:
            found = self._found(service, name)
            if found is None or not self._right(found["dn"], password):
                return None
            return self._identity(service, found)

    def lookup(self, name: str) -> Identity | None:
        """Return who a name is now, without a password. Raises SourceError."""
        if not self._possible(name):
            return None
        with self._connected() as service:
            found = self._found(service, name)
            return self._identity(service, found) if found else None

    def check(self) -> None:
        """Ask the directory as for a login. Raises SourceError when it cannot be asked."""
        self._down_until = 0.0
        with self._connected() as service:
            self._found(service, "nobody")

    def _possible(self, name: str) -> bool:
        # A name that the inventory knows is the inventory's: whoever can make entries in the
        # directory must not become somebody else.
        return NAME.fullmatch(name) is not None and name.lower() not in self._told["reserved"]

    @contextmanager
    def _connected(self) -> Iterator[ldap3.Connection]:
        """Yield a connection that may search, to the first address that answers."""
        if self._clock() < self._down_until:
            raise SourceError("the directory could not be reached a moment ago")
        try:
            service = self._first()
        except SourceError as error:
            self._down_until = self._clock() + DOWN_SECONDS
            LOG.warning("the directory cannot be asked: %s", error)
            raise
        try:
            yield service
        except (LDAPException, OSError, ValueError) as error:
            LOG.warning("the directory: %s", error)
            raise SourceError(f"the directory: {error}") from error
        finally:
            wire.close(service)

    def _first(self) -> ldap3.Connection:
        faults = []
        for address in self._told["addresses"]:
            try:
                who = self._told["bind_dn"], self._told["bind_password"]
                return wire.bound(self._told, address, *who)
            except wire.RefusedError as error:
                faults.append(f"{address}: registry_auth_directory_bind_dn is refused: {error}")
            except (LDAPException, OSError, ValueError) as error:
                faults.append(f"{address}: {error}")
        raise SourceError("; ".join(faults))

    def _right(self, dn: str, password: str) -> bool:
        """Tell whether a password is that of an entry; SourceError when that cannot be told."""
        faults = []
        for address in self._told["addresses"]:
            try:
                wire.close(wire.bound(self._told, address, dn, password))
                return True
            except wire.RefusedError as error:
                if error.code in _SECRET_WRONG:
                    return False
                faults.append(str(error))
            except (LDAPException, OSError, ValueError) as error:
                faults.append(str(error))
        LOG.warning("a password cannot be tried: %s", "; ".join(faults))
        raise SourceError("; ".join(faults))

    def _found(self, service: ldap3.Connection, name: str) -> dict[str, Any] | None:
        """Return dn and attributes of the one entry of a name; None when there is not just one."""
        key = self._told["name_attribute"]
        condition = f"(&{self._told['user_filter']}({key}={escape_filter_chars(name)}))"
        entries = wire.search(service, self._told["user_base"], condition, [key, *_CONTROL], 2)
        if len(entries) != 1 or _disabled(entries[0]["attributes"]):
            return None
        # As the directory writes it: it takes "Alice" for "alice", and rules do not.
        own = [one for one in entries[0]["attributes"].get(key, []) if one.lower() == name.lower()]
        return {**entries[0], "name": own[0]} if own and self._possible(own[0]) else None

    def _identity(self, service: ldap3.Connection, found: dict[str, Any]) -> Identity:
        # Whatever changes with the password, as far as the directory shows it.
        told = [found["dn"], *(str(found["attributes"].get(key)) for key in _CONTROL[1:])]
        mark = hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
        return Identity(found["name"], "user", tuple(sorted(self._groups(service, found))), mark)

    def _groups(self, service: ldap3.Connection, found: dict[str, Any]) -> set[str]:
        if not self._told["group_base"]:
            return set()
        by_name = self._told["group_member"] == "memberUid"
        seen: dict[str, str | None] = {}
        wanted = [found["name"] if by_name else found["dn"]]
        for _ in range(1 if by_name or not self._told["nested_groups"] else DEEPEST):
            above = self._groups_of(service, wanted)
            wanted = [dn for dn in above if dn not in seen]
            seen.update(above)
            if not wanted or len(seen) >= MOST_GROUPS:
                break
        return {name for name in seen.values() if name}

    def _groups_of(self, service: ldap3.Connection, members: list[str]) -> dict[str, str | None]:
        """Return the names by dn of the groups that have one of the members; None: of no use."""
        key, attribute = self._told["group_member"], self._told["group_name_attribute"]
        any_of = "".join(f"({key}={escape_filter_chars(one)})" for one in members)
        condition = f"(&{self._told['group_filter']}(|{any_of}))"
        base = self._told["group_base"]
        found = wire.search(service, base, condition, [attribute], MOST_GROUPS)
        return {one["dn"]: self._group(one, attribute) for one in found}

    def _group(self, entry: dict[str, Any], attribute: str) -> str | None:
        """Return what rules call a group."""
        named: Mapping[str, str] = self._told["group_names"]
        if named:
            return named.get(entry["dn"].lower())
        value = (entry["attributes"].get(attribute) or [""])[0]
        # A group of the inventory is the inventory's, as its users are.
        own = value.lower() in self._told["reserved_groups"]
        return value if NAME.fullmatch(value) and not own else None


def _disabled(attributes: Mapping[str, list[str]]) -> bool:
    control = (attributes.get("userAccountControl") or ["0"])[0]
    locked = attributes.get("pwdAccountLockedTime")
    return bool(locked) or (control.isdigit() and bool(int(control) & _DISABLED))
