"""Build the first message of TLS by hand, to offer what this machine's OpenSSL refuses.

Numbers: IANA, TLS Parameters; forms: RFC 8446, 4.1.2 and 4.1.3, RFC 5246, 7.4.1.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from holdfast.verification import evidence
from holdfast.verification.network.endpoint import TIMEOUT_SECONDS, Endpoint

SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
X25519MLKEM768 = 0x11EC
STRONG_GROUPS = (0x001D, 0x0017, 0x0018)
"""X25519, P-256, P-384."""
WEAK_GROUPS = (*range(0x0001, 0x0017), 0x001A)
"""Curves of less than 256 bits or without a profile: deprecated by RFC 8422, 5.1.1."""
AEAD = (0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9)
WITHOUT_AEAD = (
    *range(0x0001, 0x009C),
    *range(0xC001, 0xC02B),
    *range(0xC072, 0xC07A),
)
"""NULL, RC4, DES, 3DES and CBC, with every kind of key exchange."""
WITHOUT_SECRECY = (0x009C, 0x009D, 0x00A0, 0x00A1, 0x00A4, 0x00A5, 0x00A6, 0x00A7, 0xC09C, 0xC09D)
"""AEAD with a static or an anonymous key exchange."""
SESSION_TICKET, ALPN, SUPPORTED_VERSIONS, KEY_SHARE, RENEGOTIATION = 35, 16, 43, 51, 0xFF01

_HANDSHAKE, _SERVER_HELLO, _KEY_EXCHANGE, _DONE, _NAMED_CURVE = 22, 2, 12, 14, 3
_SIGNATURES = (
    0x0403,
    0x0503,
    0x0603,
    0x0804,
    0x0805,
    0x0806,
    0x0401,
    0x0501,
    0x0601,
    0x0203,
    0x0201,
)


@dataclass(frozen=True)
class Answer:
    """The server's hello, or its refusal."""

    version: int = 0
    """Version of TLS; 0 if the server refused."""
    cipher: int = 0
    compression: int = 0
    extensions: dict[int, bytes] = field(default_factory=dict)
    group: int = 0
    """The group of the key exchange."""

    @property
    def refused(self) -> bool:
        """True if no version was negotiated."""
        return self.version == 0


def negotiate(  # noqa: PLR0913 -- each is one offer
    endpoint: Endpoint,
    version: int,
    ciphers: Iterable[int] = AEAD,
    *,
    groups: Sequence[int] = STRONG_GROUPS,
    name: str | None = "",
    compressions: Sequence[int] = (0,),
    protocols: Sequence[str] = (),
) -> Answer:
    """Offer exactly these parameters in a new connection, and return the server's answer.

    `name` is the SNI: empty for the registry's own, None for no SNI. TLS 1.3 is offered without a
    key share, so that the answer names the group that the server prefers.
    """
    server_name = endpoint.host if name == "" else name
    extensions = _extensions(version, groups, server_name, protocols)
    suites = [0x1301, 0x1302, 0x1303] if version == TLS13 else list(ciphers)
    body = struct.pack("!H", min(version, TLS12)) + os.urandom(32) + _sized(os.urandom(32), "B")
    body += _sized(_shorts(suites), "H") + _sized(bytes(compressions), "B")
    # Before TLS 1.0 there was nothing after this.
    body += _sized(extensions, "H") if version > SSL3 else b""
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    record = b"\x16" + struct.pack("!H", min(version, TLS10)) + _sized(message, "H")
    with socket.create_connection((endpoint.address, endpoint.port), TIMEOUT_SECONDS) as plain:
        plain.sendall(record)
        answer = _answer(plain)
    agreed = f"version {answer.version:#06x}, cipher {answer.cipher:#06x}"
    evidence.note(
        f"TLS offer {version:#06x}, {len(suites)} ciphers, {len(groups)} groups"
        f" → {'refused' if answer.refused else agreed}"
    )
    return answer


def _extensions(
    version: int, groups: Sequence[int], name: str | None, protocols: Sequence[str]
) -> bytes:
    made = {
        10: _sized(_shorts(groups), "H"),
        11: _sized(b"\0", "B"),
        13: _sized(_shorts(_SIGNATURES), "H"),
        SESSION_TICKET: b"",
        RENEGOTIATION: b"\0",
    }
    if name is not None:
        made[0] = _sized(b"\0" + _sized(name.encode(), "H"), "H")
    if protocols:
        made[ALPN] = _sized(b"".join(_sized(p.encode(), "B") for p in protocols), "H")
    if version == TLS13:
        made |= {SUPPORTED_VERSIONS: _sized(_shorts([TLS13]), "B"), KEY_SHARE: _sized(b"", "H")}
    return b"".join(struct.pack("!H", kind) + _sized(data, "H") for kind, data in made.items())


def _answer(plain: socket.socket) -> Answer:
    """Read the server's hello, and in TLS 1.2 also its key exchange."""
    answer, messages = Answer(), _messages(plain)
    try:
        for kind, body in messages:
            if kind == _SERVER_HELLO:
                answer = _parsed(body)
            if kind == _KEY_EXCHANGE and body[0] == _NAMED_CURVE:
                return replace(answer, group=int.from_bytes(body[1:3], "big"))
            if kind == _DONE or answer.version in (0, TLS13):
                return answer
    except OSError:
        pass
    return answer


def _messages(plain: socket.socket) -> Iterator[tuple[int, bytes]]:
    """Yield type and body of each handshake message, until another record comes."""
    data = b""
    while True:
        while len(data) < 4 or len(data) < 4 + int.from_bytes(data[1:4], "big"):
            kind, _, length = struct.unpack("!BHH", _exactly(plain, 5))
            content = _exactly(plain, length)
            if kind != _HANDSHAKE:
                return
            data += content
        end = 4 + int.from_bytes(data[1:4], "big")
        yield data[0], data[4:end]
        data = data[end:]


def _parsed(hello: bytes) -> Answer:
    version = int.from_bytes(hello[:2], "big")
    rest = hello[35 + hello[34] :]
    cipher, compression = int.from_bytes(rest[:2], "big"), rest[2]
    extensions, rest = {}, rest[5:]
    while len(rest) >= 4:
        kind, length = struct.unpack("!HH", rest[:4])
        extensions[kind], rest = rest[4 : 4 + length], rest[4 + length :]
    chosen = extensions.get(SUPPORTED_VERSIONS)
    version = int.from_bytes(chosen, "big") if chosen else version
    group = int.from_bytes(extensions.get(KEY_SHARE, b"")[:2], "big")
    return Answer(version, cipher, compression, extensions, group)


def _exactly(plain: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = plain.recv(count - len(found))
        if not more:
            raise ConnectionResetError
        found += more
    return found


def _sized(data: bytes, size: str) -> bytes:
    return struct.pack(f"!{size}", len(data)) + data


def _shorts(numbers: Iterable[int]) -> bytes:
    return b"".join(struct.pack("!H", number) for number in numbers)
