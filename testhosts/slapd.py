"""A real OpenLDAP server as a process of this machine: Debian's slapd, which is not installed."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from testhosts.cache import cache, locked
from testhosts.machine import HarnessError, run

PACKAGES = ("slapd", "libltdl7", "libwrap0", "libodbc2", "ldap-utils")
BASE = "dc=example,dc=com"
SERVICE = f"cn=holdfast,{BASE}"
SERVICE_PASSWORD = "service-secret"
START_SECONDS = 20

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
    """One that answers, at localhost."""

    plain: str
    """Address on which TLS is begun by StartTLS."""
    secured: str
    """Address that speaks TLS from the start."""
    process: subprocess.Popen[bytes] = field(repr=False)


def obtain() -> Path:
    """Return the folder in which slapd is unpacked. HarnessError 4 when it cannot be had."""
    folder = cache() / "slapd"
    with locked("slapd"):
        if not (folder / "done").exists():
            folder.mkdir(exist_ok=True)
            unpack = "for file in *.deb; do dpkg -x $file .; done"
            script = f"apt-get -qq download {' '.join(PACKAGES)} && {unpack}"
            try:
                run(["sh", "-c", f"cd {folder} && {script}"], timeout=300)
            except HarnessError as error:
                raise HarnessError(f"slapd: cannot be had: {error}", 4) from None
            (folder / "done").touch()
    return folder


@contextmanager
def running(
    folder: Path, entries: str, certificate: Path, key: Path, ports: tuple[int, int]
) -> Iterator[Slapd]:
    """Run a slapd with entries (LDIF, after the few of this module) until the block ends.

    `certificate` and `key` are for localhost; `ports` are those of StartTLS and of TLS. Passwords
    are taken over TLS alone, and nobody but the service's own entry can search.
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
        _await(process, folder / "log")
        yield Slapd(plain, secured, process)
    finally:
        process.terminate()
        process.wait(10)


def _libraries(home: Path) -> str:
    return str(next((home / "usr" / "lib").glob("*-linux-gnu*")))


def _await(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if "slapd starting" in log.read_text(errors="replace"):
            return
        time.sleep(0.02)
    raise HarnessError(f"slapd: does not start: {log.read_text(errors='replace')[-1500:]}", 4)
