"""Read the names, the issuer and the dates of a certificate (RFC 5280, in DER).

The standard library decodes certificates only of a connection, and hosts may lack `openssl`.
"""

from __future__ import annotations

import calendar
import ipaddress
import ssl
import time
from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.certificates import verify

BEGIN = "-----BEGIN CERTIFICATE-----"
COMMON_NAME, ORGANIZATION, ALTERNATIVE_NAMES = b"\x55\x04\x03", b"\x55\x04\x0a", b"\x55\x1d\x11"
"""Object identifiers 2.5.4.3, 2.5.4.10 and 2.5.29.17, as they are encoded."""
VERSION, EXTENSIONS = 0xA0, 0xA3
TEXT_NAMES, ADDRESS = (0x81, 0x82, 0x86), 0x87
"""Tags of alternative names: e-mail address, DNS name and URI; IP address."""
UTC_TIME = 0x17
WIDE = {0x1C: "utf-32-be", 0x1E: "utf-16-be", 0x14: "latin-1"}
"""Encodings of strings other than UTF-8, by tag."""

Value = tuple[int, bytes]
"""Tag and content of a value."""


class Decoded(NamedTuple):
    """The parts of a certificate that the host uses."""

    names: list[str]
    """Alternative names: DNS names, IP addresses, e-mail addresses and URIs."""
    issuer: str
    """Common name of the issuer, else its organization, else `nobody`."""
    begin: float
    """Begin of validity, in seconds of the epoch."""
    end: float
    """End of validity, in seconds of the epoch."""

    def days_left(self, now: float) -> float:
        """Return the remaining days of validity."""
        return (self.end - now) / 86400


def read(path: str) -> Decoded:
    """Read the first certificate of a PEM file. Raises ValueError if there is none."""
    with open(path, encoding="utf-8", errors="replace") as stream:
        text = verify.chain(stream.read())[0]
    return parse(ssl.PEM_cert_to_DER_cert(text[text.index(BEGIN) :]))


def parse(der: bytes) -> Decoded:
    """Parse a certificate. Raises ValueError if it is none."""
    try:
        ((_, whole),) = _values(der)
        fields = [one for one in _values(_first(whole)) if one[0] != VERSION]
        _, _, (_, issuer), (_, validity), *others = fields
        begin, end = (_seconds(one) for one in _values(validity))
        return Decoded(list(_names(others)), _issuer(issuer), begin, end)
    except IndexError as error:
        raise ValueError("the certificate is cut") from error


def _values(der: bytes) -> Iterator[Value]:
    """Yield the values of which a constructed value consists."""
    place = 0
    while place < len(der):
        tag, size = der[place], der[place + 1]
        place += 2
        if size > 0x80:
            octets = size & 0x7F
            size = int.from_bytes(der[place : place + octets], "big")
            place += octets
        if place + size > len(der):
            raise IndexError(place)
        yield tag, der[place : place + size]
        place += size


def _first(der: bytes) -> bytes:
    """Return the content of the first value; empty if there is none."""
    return next(_values(der), (0, b""))[1]


def _seconds(value: Value) -> float:
    tag, content = value
    text = content.decode("ascii")
    if tag == UTC_TIME:
        text = ("20" if text < "50" else "19") + text
    return float(calendar.timegm(time.strptime(text, "%Y%m%d%H%M%SZ")))


def _issuer(der: bytes) -> str:
    pairs = [list(_values(pair)) for _, part in _values(der) for _, pair in _values(part)]
    found = {kind: _text(value) for (_, kind), value in pairs}
    return found.get(COMMON_NAME) or found.get(ORGANIZATION) or "nobody"


def _text(value: Value) -> str:
    tag, content = value
    return content.decode(WIDE.get(tag, "utf-8"), "backslashreplace")


def _names(fields: list[Value]) -> Iterator[str]:
    extensions = _first(b"".join(der for tag, der in fields if tag == EXTENSIONS))
    for _, extension in _values(extensions):
        (_, kind), *_, (_, content) = _values(extension)
        for tag, name in _values(_first(content)) if kind == ALTERNATIVE_NAMES else ():
            if tag in TEXT_NAMES:
                yield name.decode("utf-8", "backslashreplace")
            elif tag == ADDRESS:
                yield str(ipaddress.ip_address(name))
