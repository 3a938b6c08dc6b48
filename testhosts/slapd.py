"""Run a real OpenLDAP server as a process: Debian's slapd, unpacked, not installed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from testhosts.host import Host
from testhosts.machine import run
from testhosts.unpacked import await_ports, unpacked

PACKAGES = ("slapd", "libltdl7", "libwrap0", "libodbc2", "ldap-utils")
BASE = "dc=example,dc=com"
SERVICE = f"cn=holdfast,{BASE}"
SERVICE_PASSWORD = "service-secret"

ENTRIES = f"""
dn: {BASE}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: {SERVICE}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: holdfast
userPassword: {SERVICE_PASSWORD}

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{BASE}
objectClass: organizationalUnit
ou: groups
"""
CONFIG = """
include {home}/etc/ldap/schema/core.schema
include {home}/etc/ldap/schema/cosine.schema
include {home}/etc/ldap/schema/inetorgperson.schema
include {home}/etc/ldap/schema/nis.schema
modulepath {home}/usr/lib/ldap
moduleload back_mdb
pidfile {data}/pid
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
security simple_bind=128
disallow bind_anon
database mdb
suffix "{base}"
directory {data}
maxsize 33554432
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{service}" read by * none
"""


@dataclass(frozen=True)
class Slapd:
    """A running slapd at localhost."""

    plain: str
    """URL for StartTLS."""
    secured: str
    """URL with TLS from the start."""
    process: subprocess.Popen[bytes] = field(repr=False)


def obtain() -> Path:
    """Return the folder of the unpacked slapd. Raises HarnessError 4 if it is unavailable."""
    return unpacked("slapd", PACKAGES)


@contextmanager
def running(
    folder: Path, entries: str, certificate: Path, key: Path, ports: tuple[int, int]
) -> Iterator[Slapd]:
    """Run a slapd with entries (LDIF, after the few of this module) until the block ends.

    `certificate` and `key` are for localhost; `ports` are those of StartTLS and of TLS. Passwords
    are accepted only over TLS, and only the service's own entry can search.
    """
    home, data = obtain(), folder / "data"
    data.mkdir()
    config, ldif = folder / "slapd.conf", folder / "entries.ldif"
    names = {"home": home, "data": data, "base": BASE, "service": SERVICE}
    config.write_text(CONFIG.format(certificate=certificate, key=key, **names))
    ldif.write_text(f"{ENTRIES}\n{entries}")
    environment = {**os.environ, "LD_LIBRARY_PATH": _libraries(home)}
    program = str(home / "usr" / "sbin" / "slapd")
    run(
        [
            *("env", f"LD_LIBRARY_PATH={_libraries(home)}", program, "-T", "add"),
            "-f",
            str(config),
            "-l",
            str(ldif),
        ]
    )
    plain, secured = (
        f"{kind}://localhost:{port}" for kind, port in zip(("ldap", "ldaps"), ports, strict=True)
    )
    listen = f"ldap://127.0.0.1:{ports[0]}/ ldaps://127.0.0.1:{ports[1]}/"
    with (folder / "log").open("wb") as log:
        argv = [program, "-f", str(config), "-h", listen, "-d", "stats"]
        process = subprocess.Popen(argv, stdout=log, stderr=log, env=environment)
    try:
        # Its log speaks of starting before it listens.
        await_ports("slapd", process, [("127.0.0.1", port) for port in ports], folder / "log")
        yield Slapd(plain, secured, process)
    finally:
        process.terminate()
        process.wait(10)


UNIT = """
[Service]
ExecStart=/usr/sbin/slapd -d none -f {place}/slapd.conf -h ldaps://127.0.0.1:1636
"""
ON_HOST = "ldaps://localhost:1636"
"""URL of a test host's directory for the host itself."""


def serve(host: Host, entries: str, certificate: str, key: str) -> None:
    """Run a slapd on a test host of flavour `directory`, as the unit `directory`."""
    place = "/root/directory"
    names = {"home": "", "data": f"{place}/data", "base": BASE, "service": SERVICE}
    pair = {"certificate": f"{place}/tls.crt", "key": f"{place}/tls.key"}
    host.run(f"systemctl disable --now slapd; mkdir -p {place}/data", check=False)
    for path, text in {
        f"{place}/slapd.conf": CONFIG.format(**names, **pair),
        f"{place}/entries.ldif": f"{ENTRIES}\n{entries}",
        pair["certificate"]: certificate,
        pair["key"]: key,
        "/etc/systemd/system/directory.service": UNIT.format(place=place),
    }.items():
        host.run(f"cat > {path}", text=text)
    host.run(f"slapadd -f {place}/slapd.conf -l {place}/entries.ldif")
    host.run("systemctl daemon-reload && systemctl start directory")


def person(name: str, password: str) -> str:
    """Return an entry of a person, as LDIF."""
    lines = [f"dn: uid={name},ou=people,{BASE}", "objectClass: inetOrgPerson", f"uid: {name}"]
    secret = [f"userPassword: {password}"] if password else []
    return "\n".join([*lines, f"cn: {name}", "sn: x", *secret, ""])


def group(name: str, *members: str) -> str:
    """Return an entry of a group, as LDIF; members are entries."""
    lines = [f"dn: cn={name},ou=groups,{BASE}", "objectClass: groupOfNames", f"cn: {name}"]
    return "\n".join([*lines, *(f"member: {member}" for member in members), ""])


def _libraries(home: Path) -> str:
    return str(next((home / "usr" / "lib").glob("*-linux-gnu*")))
