"""Run a real forward proxy as a process: Debian's tinyproxy, unpacked, not installed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from testhosts.unpacked import await_ports, unpacked

PACKAGES = ("tinyproxy-bin",)
CONFIG = """
Port {port}
Listen {address}
Timeout 60
MaxClients 50
LogFile "{folder}/proxy.log"
LogLevel Connect
DefaultErrorFile "{folder}/error.html"
DisableViaHeader Yes
{login}
"""


@dataclass(frozen=True)
class Tinyproxy:
    """A running proxy."""

    port: int
    log: Path
    login: str = ""
    address: str = "127.0.0.1"

    @property
    def url(self) -> str:
        """Address of the proxy, with the login that it wants."""
        return f"http://{self.login}{'@' if self.login else ''}{self.address}:{self.port}"

    def saw(self, text: str) -> bool:
        """Return True if the log has a text."""
        return text in self.log.read_text(errors="replace")


def obtain() -> Path:
    """Return the unpacked program. Raises HarnessError 4 if it is unavailable."""
    return unpacked("tinyproxy", PACKAGES) / "usr" / "bin" / "tinyproxy"


@contextmanager
def running(
    folder: Path, port: int, names: Mapping[str, str], login: str = "", address: str = "127.0.0.1"
) -> Iterator[Tinyproxy]:
    """Run a proxy until the block ends. It alone knows `names` (address by name).

    `login` is `user:password`; with none it asks for none. Needs root, for a view of /etc/hosts
    that no other process has.
    """
    program = obtain()
    wanted = f"BasicAuth {login.replace(':', ' ')}" if login else ""
    config, hosts = folder / "tinyproxy.conf", folder / "hosts"
    config.write_text(CONFIG.format(port=port, address=address, folder=folder, login=wanted))
    (folder / "error.html").write_text("refused\n")
    lines = [f"{place} {name}" for name, place in names.items()]
    hosts.write_text("\n".join(["127.0.0.1 localhost", *lines, ""]))
    own = f"mount --bind {hosts} /etc/hosts && exec {program} -d -c {config}"
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", own], stdout=output, stderr=output
        )
    try:
        await_ports("tinyproxy", process, [(address, port)], folder / "output")
        yield Tinyproxy(port, folder / "proxy.log", login, address)
    finally:
        process.terminate()
        process.wait(10)
