"""Scalar types of the settings, each with the message for an invalid value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from holdfast import durations, sizes
from holdfast.settings.hostnames import hostname, lowered, origin, registry_address


@dataclass(frozen=True)
class Expect:
    """Expected value and remedy, for error messages and documentation."""

    text: str
    hint: str = ""


class SeveralKinds:
    """Marker of a type that accepts values of several kinds, such as `true` or a list."""


class NamesFile:
    """Marker of a type whose value can be the path of a file on the controller that has to
    exist."""


def _not_below(floor: tuple[int, ...], version: str) -> str:
    parts = tuple(int(part) for part in version.split("."))
    if parts < (2, 8, 0) or (3, 0, 0) <= parts < floor:
        raise PydanticCustomError("version", "too old")
    return version


def _fits_bcrypt(secret: SecretStr) -> SecretStr:
    """Check a password's length. bcrypt ignores all after 72 bytes; a longer one would be
    truncated."""
    raw = secret.get_secret_value()
    if not 8 <= len(raw.encode()) <= 72 or "\0" in raw or "\n" in raw:
        raise PydanticCustomError("password", "length")
    return secret


def _is_bcrypt(secret: SecretStr) -> SecretStr:
    if not _BCRYPT.fullmatch(secret.get_secret_value()):
        raise PydanticCustomError("password_hash", "form")
    return secret


def _is_token(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9+/=_-]{8,1024}", secret.get_secret_value()):
        raise PydanticCustomError("token", "form")
    return secret


def _is_plain(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[ -~]{1,4096}", secret.get_secret_value()):
        raise PydanticCustomError("plain", "form")
    return secret


def _is_private_pem(value: SecretStr) -> SecretStr:
    """Check that a text is a private key in PEM, with or without a passphrase."""
    text = value.get_secret_value()
    if "-----BEGIN" not in text or "PRIVATE KEY-----" not in text:
        raise PydanticCustomError("key", "form")
    return value


def _is_key(secret: SecretStr) -> SecretStr:
    pattern = r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s[A-Za-z0-9+/=\s]+-----END [A-Z ]+-----\s*"
    if not re.fullmatch(pattern, secret.get_secret_value()):
        raise PydanticCustomError("key", "form")
    return secret


def _is_word(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]{1,512}", secret.get_secret_value()):
        raise PydanticCustomError("word", "form")
    return secret


def _is_http_proxy(secret: SecretStr) -> SecretStr:
    if not HTTP_PROXY.fullmatch(secret.get_secret_value()):
        raise PydanticCustomError("proxy", "form")
    return secret


def _is_direct(text: str) -> str:
    """Check an entry of NO_PROXY: a name, an address or a network, with a port if it is a name."""
    if not DIRECT.fullmatch(text):
        _is_network(text)
    return text


def in_bytes(value: Any) -> Any:
    """Return the bytes of a size that is a text; other values unchanged."""
    try:
        return sizes.size(value) if isinstance(value, str) else value
    except ValueError as error:
        raise PydanticCustomError("size", "form") from error


def _is_network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as error:
        raise PydanticCustomError("network", "form") from error
    return text


def on_host(text: str) -> bool:
    """Tell whether a value is the path of a file on the host (`host:/path`)."""
    return text.startswith(HOST_PREFIX)


def host_path(text: str) -> str:
    """Return the path in `host:/path`."""
    return text.removeprefix(HOST_PREFIX)


def _is_upstream_password(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[ -~]{1,256}", secret.get_secret_value()):
        raise PydanticCustomError("password", "form")
    return secret


HTTP_PROXY = re.compile(
    r"http://(?:[A-Za-z0-9._~!$&()*+,;=%-]+(?::[A-Za-z0-9._~!$&()*+,;=:%-]*)?@)?"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/?"
)
"""Address of a proxy, as programs take it from HTTPS_PROXY."""
DIRECT = re.compile(
    r"\.?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[A-Za-z][A-Za-z0-9-]*(?::\d+)?"
)
"""A name in NO_PROXY."""
HOST_PREFIX = "host:"
MIRROR_TTL_SECONDS = 7 * 24 * 3600
"""Default retention of a mirror, in seconds. Source: repositoryTTL in Distribution's proxy."""
_BCRYPT = re.compile(r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = rf"{_LABEL}(?:\.{_LABEL})*"

Hostname = Annotated[
    str,
    BeforeValidator(hostname),
    # The last label has a letter in it, which keeps addresses out.
    StringConstraints(pattern=rf"^(?:{_LABEL}\.)*(?=[a-z0-9-]*[a-z]){_LABEL}$", max_length=253),
    Expect("a DNS name", "Give the name that clients use, e.g. registry.example.com"),
]
Port = Annotated[
    int,
    Field(ge=1, le=65535),
    Expect("a port from 1 to 65535"),
]
PortOrOff = Annotated[
    int,
    Field(ge=0, le=65535),
    Expect("a port from 1 to 65535, or 0 for none"),
]
Checksum = Annotated[
    str,
    StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$"),
    Expect(
        "sha256: and 64 hexadecimal digits",
        "Upstream publishes it beside each archive, with .sha256 after its name;"
        " for a file of your own: sha256sum FILE",
    ),
]
Version = Annotated[
    str,
    StringConstraints(pattern=r"^\d+\.\d+\.\d+$"),
    AfterValidator(lambda version: _not_below((3, 1, 1), version)),
    Expect(
        "a version of CNCF Distribution: 3.1.1 or newer, or 2.8.x",
        "3.0.0 to 3.1.0 have known vulnerabilities (CVE-2026-35172, CVE-2026-33540)",
    ),
]
AbsolutePath = Annotated[
    str,
    StringConstraints(pattern=r"^/(?!.*(?:^|/)\.\.?(?:/|$))[A-Za-z0-9._/+@-]*[A-Za-z0-9._+@-]$"),
    Expect("an absolute path without spaces, '.' or '..'", "e.g. /srv/registry"),
]
OutboundProxy = Annotated[
    SecretStr,
    AfterValidator(_is_http_proxy),
    Expect(
        "the address of an HTTP proxy, with a login if it wants one",
        "e.g. http://proxy.example.com:3128; other characters than letters and digits in a login"
        " as %40 for @",
    ),
]
NoProxy = Annotated[
    str,
    BeforeValidator(lowered),
    AfterValidator(_is_direct),
    Expect("a name, an address or a network", "e.g. .example.com or 10.0.0.0/8"),
]
DropIn = Annotated[
    str,
    StringConstraints(
        pattern=r"^/(?:etc|run|usr/local/lib)/systemd/[a-z.]+"
        r"/(?:holdfast[A-Za-z0-9_.@-]*|service|socket|timer|target)\.d/[A-Za-z0-9_.@-]+\.conf$"
    ),
    Expect(
        "the path of a drop-in of a unit of holdfast's",
        "e.g. /etc/systemd/system/holdfast-registry@.service.d/nice.conf",
    ),
]
ControllerPath = Annotated[
    str,
    StringConstraints(min_length=1, pattern=r"^[^\n\0]+$"),
    Expect(
        "a path on the machine that runs holdfast",
        "A relative path counts from the inventory's folder",
    ),
]
ControllerFile = Annotated[
    str,
    NamesFile(),
    StringConstraints(min_length=1, pattern=r"^[^\n\0]+$"),
    Expect(
        "the path of a file on the machine that runs holdfast",
        "A relative path counts from the inventory's folder",
    ),
]
CataloguePlace = Annotated[
    str,
    StringConstraints(min_length=1),
    Expect(
        "the path of a signed catalogue on the machine that runs holdfast",
        "A relative path counts from the inventory's folder. To make one:"
        " holdfast catalogue add --help",
    ),
]
SignersFile = Annotated[
    str,
    StringConstraints(min_length=1, pattern=r"^[^\n\0]+$"),
    Expect(
        "the path of a file with public keys on the machine that runs holdfast",
        "A relative path counts from the inventory's folder",
    ),
]
PemOrPath = Annotated[
    str,
    NamesFile(),
    StringConstraints(min_length=1, pattern=r"^(?!host:)"),
    Expect(
        "PEM text, or a path on the machine that runs holdfast",
        "A relative path counts from the inventory's folder",
    ),
]
CertificatePlace = Annotated[
    str,
    NamesFile(),
    StringConstraints(min_length=1),
    Expect(
        "PEM text, a path on the machine that runs holdfast, or host:/path on the host",
        "A relative path counts from the inventory's folder",
    ),
]
KeyPlace = Annotated[
    SecretStr,
    NamesFile(),
    Expect(
        "PEM text from a vault, a path on the machine that runs holdfast, or host:/path",
        "A relative path counts from the inventory's folder",
    ),
]
PemText = Annotated[
    str,
    StringConstraints(pattern=r"^-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s-]+$"),
    Expect(
        "the text of PEM certificates",
        "From a file: {{ lookup('file', inventory_dir ~ '/ca.pem') }}",
    ),
]
Passphrase = Annotated[
    SecretStr, Field(min_length=1, max_length=1024), Expect("a passphrase", "Keep it in a vault")
]
Days = Annotated[int, Field(ge=0, le=365), Expect("days from 0 to 365")]
Email = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$"),
    Expect("an e-mail address"),
]
Token = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._~+/=-]{1,512}$"),
    Expect("letters, digits and . _ ~ + / = -, without spaces"),
]
SecretToken = Annotated[
    SecretStr,
    AfterValidator(_is_token),
    Expect("a base64 text without spaces", "Keep it in a vault"),
]
SecretWord = Annotated[
    SecretStr,
    AfterValidator(_is_word),
    Expect("printable characters without spaces, 512 at most", "Keep it in a vault"),
]
Origin = Annotated[
    str,
    BeforeValidator(lowered),
    StringConstraints(pattern=r"^https?://[A-Za-z0-9.\[\]:-]+$"),
    Expect("an http or https address without a path", "e.g. https://s3.example.com:9000"),
]
PageOrigin = Annotated[
    str,
    BeforeValidator(origin),
    StringConstraints(
        pattern=rf"^(?:\*|https?://(?:{_NAME}|\[[0-9a-f:]+\])(?::[1-9]\d{{0,4}})?)$", max_length=300
    ),
    Expect(
        "the origin of a page: scheme, name and, if need be, port, without a path; or * for all",
        "e.g. https://ui.example.com",
    ),
]
ObjectPath = Annotated[
    str,
    StringConstraints(
        pattern=r"^(?:(?!\.\.?(?:/|$))[A-Za-z0-9._-]+(?:/(?!\.\.?(?:/|$))[A-Za-z0-9._-]+)*)?$",
        max_length=200,
    ),
    Expect("a path like registry/main, without a slash at its ends"),
]
Network = Annotated[
    str,
    AfterValidator(_is_network),
    Expect("an address or a network", "e.g. 10.0.0.5 or 10.0.0.0/28"),
]
UrlPath = Annotated[
    str,
    StringConstraints(pattern=r"^/[A-Za-z0-9._~/-]{0,200}$"),
    Expect("a path like /health"),
]
HttpsAddress = Annotated[
    str,
    BeforeValidator(lowered),
    StringConstraints(pattern=r"^https://[^\s/]+/\S*$"),
    Expect("an https address"),
]
RegistryAddress = Annotated[
    str,
    BeforeValidator(registry_address),
    StringConstraints(pattern=rf"^https?://(?:{_LABEL}\.)*{_LABEL}(?::[0-9]{{1,5}})?$"),
    Expect(
        "the https (or http) address of a registry, without a path",
        "e.g. https://quay.io, and for docker.io https://registry-1.docker.io",
    ),
]
MirrorName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9](?:-?[a-z0-9]){0,30}$"),
    Expect("letters a to z, digits and single dashes, at most 31", "e.g. hub"),
]
UpstreamUser = Annotated[
    str,
    StringConstraints(pattern=r"^[!-9;-~]{1,256}$"),
    Expect("a name of printable ASCII without spaces and colons"),
]
UpstreamPassword = Annotated[
    SecretStr,
    AfterValidator(_is_upstream_password),
    Expect("a password or token of printable ASCII", "Keep it in a vault"),
]
WebAddress = Annotated[
    str,
    BeforeValidator(lowered),
    StringConstraints(pattern=r"^https?://[^\s/]+/\S+$"),
    Expect("an http or https address of a file", "The checksum is checked after the download"),
]
Address = Annotated[
    str,
    BeforeValidator(lowered),
    StringConstraints(pattern=r"^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:]*)$"),
    Expect("an IPv4 or IPv6 address of the host", "e.g. 0.0.0.0 for every IPv4 address, or '::'"),
]
UserName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$"),
    Expect("letters, digits and . _ @ -, at most 64, beginning with a letter or digit"),
]
Password = Annotated[
    SecretStr,
    AfterValidator(_fits_bcrypt),
    Expect("a password of 8 to 72 bytes on one line", "Keep it in a vault, or give password_hash"),
]
PasswordHash = Annotated[
    SecretStr,
    AfterValidator(_is_bcrypt),
    Expect("a bcrypt hash of cost 10 or more", "Make one with: htpasswd -nBC 10 NAME"),
]
SharedSecret = Annotated[
    SecretStr,
    Field(min_length=32, max_length=256),
    Expect("a secret of 32 to 256 characters", "e.g. openssl rand -hex 32, kept in a vault"),
]
HostAndPort = Annotated[
    str,
    BeforeValidator(lowered),
    StringConstraints(pattern=rf"^(?:{_NAME}|\[[0-9a-f:]+\]):[1-9]\d{{0,4}}$"),
    Expect("a name or an address with a port", "e.g. cache.example.com:6379 or [fd00::5]:6379"),
]
HostMaybePort = Annotated[
    str,
    BeforeValidator(lowered),
    StringConstraints(pattern=rf"^{_NAME}(?::[1-9]\d{{0,4}})?$"),
    Expect("a name, with a port if need be", "e.g. cdn.example.com"),
]
CdnAddress = Annotated[
    str,
    BeforeValidator(lowered),
    StringConstraints(pattern=rf"^https?://{_NAME}(?::\d+)?(?:/[A-Za-z0-9._~/-]*)?$"),
    Expect("an address like https://cdn.example.com"),
]
HookAddress = Annotated[
    str,
    BeforeValidator(lowered),
    StringConstraints(pattern=rf"^https?://(?:{_NAME}|\[[0-9a-f:]+\])(?::\d+)?(?:/[^\s@]*)?$"),
    Expect("an https address without a login in it", "e.g. https://ci.example.com/registry"),
]
HeaderName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$"),
    Expect("the name of a header, e.g. Authorization"),
]
EndpointName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"),
    Expect("letters, digits and . _ -, at most 64"),
]
MediaType = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]+/[A-Za-z0-9.+_-]+$"),
    Expect("a media type, e.g. application/octet-stream"),
]
PlainName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._@-]{1,128}$"),
    Expect("letters, digits and . _ @ -, at most 128"),
]
PlainSecret = Annotated[
    SecretStr,
    AfterValidator(_is_plain),
    Expect("1 to 4096 printable ASCII characters on one line", "Keep it in a vault"),
]
SecretPem = Annotated[
    SecretStr,
    AfterValidator(_is_key),
    Expect("the text of a private key in PEM, without a passphrase", "Keep it in a vault"),
]
AuthorityKey = Annotated[
    SecretStr,
    AfterValidator(_is_private_pem),
    Expect("the text of a private key in PEM", "Keep it in a vault: docs/two-administrators.md"),
]
Duration = Annotated[
    str,
    StringConstraints(pattern=f"^{durations.FORM}$"),
    Expect(durations.EXPECTED, "e.g. 24h or 7d"),
]
Rate = Annotated[
    int,
    Field(ge=1 << 16, le=1 << 40),
    BeforeValidator(in_bytes),
    SeveralKinds(),
    Expect(f"bytes a second, at least 65536: {sizes.EXPECTED}", "e.g. 20MiB"),
]
Calendar = Annotated[
    str,
    StringConstraints(pattern=r"^(?:[A-Za-z0-9*][A-Za-z0-9 :/,.*~_+-]{0,99})?$"),
    Expect("a calendar event of systemd", "e.g. daily or Sun 03:00; try: systemd-analyze calendar"),
]
VariableGlob = Annotated[
    str,
    StringConstraints(pattern=r"^registry_[A-Za-z0-9_*?\[\]!-]+$"),
    Expect("registry_ and a pattern for the rest of a name", "e.g. registry_team_*"),
]
RegistryConfig = Annotated[
    dict[str, Any],
    Expect("a mapping, nested as the registry's config.yml is", "docs/importing.md has an example"),
]
