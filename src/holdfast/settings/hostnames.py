"""Normalise host names and addresses to lower case, with an error message for each wrong form."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from holdfast.settings.refusal import refusal

_PARTS = re.compile(r"^((?:[A-Za-z][A-Za-z0-9+.-]*://)?)((?:[^/@]*@)?)([^/]*)")
"""Scheme, login and host at the start of an address."""
_WITH_PORT = re.compile(r"([^:\s]+):(\d+)")
DOCKER_HUB = "https://registry-1.docker.io"
_HUB_HOSTS = ("docker.io", "www.docker.io", "hub.docker.com", "index.docker.io", "docker.com")
"""Host names of Docker Hub that do not serve the registry API."""


def lowered(value: Any) -> Any:
    """Return a name or address with its host in lower case. Return other types unchanged."""
    if not isinstance(value, str):
        return value
    return _PARTS.sub(lambda found: f"{found[1].lower()}{found[2]}{found[3].lower()}", value, 1)


def origin(value: Any) -> Any:
    """Return an origin as browsers write it: in lower case, without the scheme's own port."""
    address = lowered(value)
    if not isinstance(address, str):
        return address
    return re.sub(r"^(https(?=.*:443$)|http(?=.*:80$))(://.*):\d+$", r"\1\2", address)


def hostname(value: Any) -> Any:
    """Return a host name in lower case. Raises a refusal for an address, a port, an IP or a
    pattern."""
    name = lowered(value)
    if not isinstance(name, str):
        return name
    for test in (_address, _with_port, _number, _dotted, _international):
        test(name)
    return name


def registry_address(value: Any) -> Any:
    """Return a registry's address with its host in lower case and without a trailing slash."""
    address = lowered(value)
    if not isinstance(address, str):
        return address
    host = urlsplit(address if "://" in address else f"//{address}").hostname
    if host in _HUB_HOSTS:
        expected = f"{DOCKER_HUB}, where Docker Hub's registry answers"
        raise refusal("", expected, "Write that address", given=f'"{value}"')
    return address.removesuffix("/")


def _address(name: str) -> None:
    if "/" in name:
        host = urlsplit(name if "://" in name else f"//{name}").netloc or "registry.example.com"
        kind = "an address" if "://" in name else "a name with a path"
        raise _refused(name, kind, f"Write {host} alone")


def _with_port(name: str) -> None:
    found = _WITH_PORT.fullmatch(name)
    if found and not _is_ip(found[1]):
        hint = f"Write {found[1]}, and registry_proxy_port: {found[2]}"
        raise _refused(name, "a name with a port", hint)


def _number(name: str) -> None:
    bare = name.strip("[]")
    found = _WITH_PORT.fullmatch(name)
    if _is_ip(bare) or (found and _is_ip(found[1])):
        hint = "Clients check the certificate for a name: give the host one, in DNS or /etc/hosts"
        raise _refused(name, "an IP address", hint)


def _dotted(name: str) -> None:
    if name.endswith(".") and len(name) > 1:
        raise _refused(name, "a name with a dot at its end", f"Write {name.rstrip('.')}")
    if name.startswith("*."):
        hint = "Write the one name that clients use, e.g. registry." + name[2:]
        raise _refused(name, "a pattern for names", hint)


def _international(name: str) -> None:
    if name.isascii():
        return
    try:
        encoded = name.encode("idna").decode()
    except UnicodeError:
        return
    raise _refused(name, "a name with letters that DNS has not", f"Write {encoded}")


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _refused(name: str, kind: str, hint: str) -> Exception:
    return refusal("", "a DNS name", hint, given=f'"{name[:60]}" ({kind})')
