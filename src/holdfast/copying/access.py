"""Answer the challenges of a registry: a login, or tokens of its issuer by scope.

Source: OCI distribution specification; Distribution, docs/spec/auth (token, oauth).
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable
from urllib.parse import urlencode

from holdfast.copying.credentials import Credential
from holdfast.copying.place import DeniedError

Ask = Callable[[str, str, dict[str, str], bytes], tuple[int, bytes]]
"""Method, address, headers and body of a request to an issuer; its status and its answer."""
_PARAMETER = re.compile(r'([a-z_]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))', re.I)
SHORTEST_SECONDS = 60


class Access:
    """Authorization of one side, for all threads."""

    def __init__(self, credential: Credential | None, ask: Ask, *, plain: bool = False) -> None:
        self._credential, self._ask, self._plain = credential, ask, plain
        self._basic = ""
        self._tokens: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    @property
    def known(self) -> bool:
        """True if there is a login."""
        return self._credential is not None

    def header(self, scope: str) -> str:
        """Return the authorization for requests of a scope; "" if none is known."""
        token, until = self._tokens.get(scope, ("", 0.0))
        if token and time.monotonic() < until:
            return f"Bearer {token}"
        return self._basic

    def renewed(self, scope: str, challenge: str, sent: str) -> bool:
        """Get an authorization after a 401; False if there is no other one than was sent."""
        with self._lock:
            if (now := self.header(scope)) and now != sent:  # another thread was faster
                return True
            kind, _, rest = challenge.partition(" ")
            values = {name.lower(): one or other for name, one, other in _PARAMETER.findall(rest)}
            if kind.lower() == "bearer" and "realm" in values:
                return self._fetched(scope, values)
            if kind.lower() == "basic" and self._credential and not sent:
                self._basic = self._login()
                return True
            return False

    def _login(self) -> str:
        assert self._credential
        pair = f"{self._credential.username}:{self._credential.password}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def _fetched(self, scope: str, values: dict[str, str]) -> bool:
        realm = values["realm"]
        if not (realm.startswith("https://") or (self._plain and realm.startswith("http://"))):
            raise DeniedError(f"{realm}: expected an issuer with https. No login was sent")
        wanted = {key: text for key, text in values.items() if key in ("service", "scope")}
        status, body = self._requested(realm, wanted)
        try:
            text = json.loads(body) if status == 200 else {}
            token = text.get("token") or text.get("access_token")
            seconds = max(SHORTEST_SECONDS, int(text.get("expires_in") or SHORTEST_SECONDS))
        except (ValueError, AttributeError, TypeError):
            token, seconds = "", 0
        if not token:
            return False
        self._tokens[scope] = str(token), time.monotonic() + seconds * 0.8
        return True

    def _requested(self, realm: str, wanted: dict[str, str]) -> tuple[int, bytes]:
        one = self._credential
        if one and one.identity:
            form = {"grant_type": "refresh_token", "refresh_token": one.password, **wanted}
            form["client_id"] = "holdfast"
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            return self._ask("POST", realm, kind, urlencode(form).encode())
        # A challenge names several scopes with spaces between them; a request has one each.
        pairs = [("service", wanted["service"])] if "service" in wanted else []
        pairs += [("scope", scope) for scope in wanted.get("scope", "").split()]
        headers = {"Authorization": self._login()} if one else {}
        joint = "&" if "?" in realm else "?"
        return self._ask("GET", f"{realm}{joint}{urlencode(pairs)}", headers, b"")
