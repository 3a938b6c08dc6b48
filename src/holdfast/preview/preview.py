"""A registry and a proxy as processes of this machine."""

from __future__ import annotations

import http.client
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

from holdfast.errors import HoldfastError, InputError
from holdfast.preview import scratch
from holdfast.rendering.blobs import why_proxied
from holdfast.rendering.secrets import environment, of_mirror
from holdfast.rendering.services import runtime, services
from holdfast.settings import Settings
from holdfast.settings.storage import Remote

START_SECONDS = 20.0
STOP_SECONDS = 10.0
CURRENT = "etc/current"


class Preview:
    """Runs while its block runs; everything is in a directory that is removed at the end."""

    def __init__(self, settings: Settings, binary: Path, port: int | None = None) -> None:
        self._nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin") or ""
        if not self._nginx:
            raise InputError("nginx: expected to be installed here. Run: sudo apt install nginx")
        # A short path: the name of a socket has 107 bytes at most.
        self.scratch = Path(tempfile.mkdtemp(prefix="holdfast-"))
        openssl = scratch.openssl_of(self._nginx)
        port = port or scratch.free_port()
        self.settings = scratch.adapt(settings, self.scratch, port, openssl)
        self._binary = binary
        remote = isinstance(settings.storage, Remote)
        self.notes = [f"  images   here, not in {settings.storage.place}"] if remote else []
        """What is other than on the host, or than one would expect."""
        why = why_proxied(self.settings)
        self.notes += [f"  layers   sent by the registry: {why}"] if why else []
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def ca_file(self) -> Path:
        """Certificate that clients have to trust."""
        return self.scratch / "trust" / "ca.crt"

    @property
    def pids(self) -> list[int]:
        """The processes that run: registry, nginx and the like, each with its own children."""
        return [process.pid for process in self._processes.values()]

    def pid(self, name: str) -> int:
        """Return the process of one: registry, nginx, logins, or issuer."""
        return self._processes[name].pid

    def __enter__(self) -> Preview:
        try:
            scratch.write(self.settings, self.scratch)
            self._test()
            self._start_registries()
            self._start("nginx", self._command("proxy"), {})
            if (self.scratch / CURRENT / "logins").exists():
                self._start("logins", self._command("logins"), {})
            if (self.scratch / CURRENT / "issuer").exists():
                self._start_issuer()
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def check(self) -> None:
        """Raise HoldfastError with its last words when one of the processes has ended."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                log = (self.scratch / "logs" / f"{name}.log").read_text(errors="replace")
                last = [line for line in log.splitlines() if line.startswith("panic: ")]
                last = last or log.strip().splitlines()[-8:]
                raise HoldfastError(f"{name} ended with exit code {process.returncode}", *last)

    def signal(self, name: str, number: int) -> None:
        """Send a signal to one of the processes: registry, nginx, or logins."""
        self._processes[name].send_signal(number)

    def stop(self) -> None:
        """End all processes and remove everything."""
        for process in reversed(self._processes.values()):
            process.send_signal(signal.SIGTERM)
        for process in self._processes.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _command(self, which: str, *more: str) -> list[str]:
        # Started by root, nginx would run its workers as a user who may not look in here.
        user = " user root;" if os.geteuid() == 0 else ""
        conf, own = str(self.scratch / CURRENT / which / "nginx.conf"), str(self.scratch / "run")
        prefix = ["-p", f"{own}/logins"] if which == "logins" else []
        options = ["-e", "stderr", "-c", conf, *prefix, "-g", f"daemon off;{user}"]
        # Who guesses gets what the others leave, as in the unit.
        behind = ["nice", "-n", "10"] if which == "logins" else []
        return [*behind, self._nginx, *options, *more]

    def _test(self) -> None:
        done = subprocess.run(
            self._command("proxy", "-t", "-q"), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise HoldfastError("nginx refuses the configuration", *done.stderr.splitlines()[-8:])

    def _start_registries(self) -> None:
        current = self.scratch / CURRENT
        memory = self.settings.service.memory_mib
        given = {**runtime(memory), **environment(self.settings)}
        found = [("registry", "registry", given)]
        found += [
            (one.service, one.folder, {**runtime(one.memory_mib), **of_mirror(one)})
            for one in self.settings.mirrors
        ]
        for service, folder, own in found:
            given = {
                "REGISTRY_HTTP_ADDR": str(self.scratch / f"run/{service}/1.sock"),
                "REGISTRY_HTTP_SECRET": secrets.token_hex(32),
            }
            authorities = current / folder / "ca.pem"
            if authorities.exists():
                given["SSL_CERT_FILE"] = str(authorities)
            argv = [str(self._binary.absolute()), "serve", str(current / folder / "config.yml")]
            self._start(service, argv, {**given, **own})

    def _start_issuer(self) -> None:
        places = (f"{CURRENT}/issuer", "etc/keys", "run/issuer/1.sock", "audit/audit.log")
        argv = [sys.executable, "-m", "holdfast.issuer"]
        self._start("issuer", [*argv, *(str(self.scratch / place) for place in places)], {})

    def _start(self, name: str, argv: list[str], own: dict[str, str]) -> None:
        with (self.scratch / "logs" / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **own},
                # Where the check of logins makes its socket; for the others it is any place.
                cwd=self.scratch / "run/logins",
                # Ctrl-C is for us alone: we end them in order.
                start_new_session=True,
            )

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        sockets = [self.scratch / CURRENT / f"{name}.sock" for name in services(self.settings)]
        while not (all(path.exists() for path in sockets) and self._answers()):
            self.check()
            if time.monotonic() > deadline:
                raise HoldfastError(f"no answer within {START_SECONDS:.0f} s")
            time.sleep(0.05)

    def _answers(self) -> bool:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        port = self.settings.proxy.port
        connection = http.client.HTTPSConnection(scratch.NAME, port, context=context, timeout=5)
        try:
            connection.request("GET", "/v2/")
            return connection.getresponse().status in (200, 401, 403)
        except (OSError, socket.gaierror, http.client.HTTPException):
            return False
        finally:
            connection.close()
