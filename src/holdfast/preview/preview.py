"""Run a registry and a proxy as processes on the controller."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    RegistryError,
    over_tls,
)

from holdfast.errors import HoldfastError, InputError
from holdfast.preview import scratch
from holdfast.rendering.blobs import why_proxied
from holdfast.rendering.component import Process
from holdfast.rendering.components import components
from holdfast.settings import Settings

START_SECONDS = 20.0
STOP_SECONDS = 10.0


class Preview:
    """Context manager of a running preview; its files are in a directory that is removed at the
    end."""

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
        place, here = settings.storage.place, settings.storage.on_host
        self.notes = [] if here else [f"  images   here, not in {place}"]
        """Differences from the host, for the user."""
        why = why_proxied(self.settings)
        self.notes += [f"  layers   sent by the registry: {why}"] if why else []
        self._wanted: list[Process] = []
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def ca_file(self) -> Path:
        """CA certificate that clients have to trust."""
        return self.scratch / "trust" / "ca.crt"

    @property
    def pids(self) -> list[int]:
        """Process ids of registry, nginx and the others; their children are not included."""
        return [process.pid for process in self._processes.values()]

    def pid(self, name: str) -> int:
        """Return the process id of registry, nginx, logins or issuer."""
        return self._processes[name].pid

    def __enter__(self) -> Preview:
        try:
            layout = scratch.write(self.settings, self.scratch)
            found = components(self.settings, layout)
            self._wanted = [process for one in found for process in one.processes]
            self._test()
            # Before any starts: one reads what is prepared for another one.
            for process in self._wanted:
                if process.prepare:
                    process.prepare(self.scratch)
            for process in self._wanted:
                self._start(process)
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
        """Raise HoldfastError with the end of its log if one of the processes has ended."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                log = (self.scratch / "logs" / f"{name}.log").read_text(errors="replace")
                last = [line for line in log.splitlines() if line.startswith("panic: ")]
                last = last or log.strip().splitlines()[-8:]
                raise HoldfastError(f"{name} ended with exit code {process.returncode}", *last)

    def signal(self, name: str, number: int) -> None:
        """Send a signal to one of the processes: registry, nginx or logins."""
        self._processes[name].send_signal(number)

    def restart(self, name: str) -> None:
        """Kill one of the processes, and start it again; return before it answers."""
        wanted = next(one for one in self._wanted if one.name == name)
        self._processes[name].kill()
        self._processes[name].wait()
        for socket in (self.scratch / "run" / name).glob("*.sock"):
            socket.unlink()
        self._start(wanted)

    def stop(self) -> None:
        """Stop all processes and remove all files."""
        for process in reversed(self._processes.values()):
            process.send_signal(signal.SIGTERM)
        for process in self._processes.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _argv(self, process: Process) -> list[str]:
        """Return the command of a process, with the controller's programs."""
        known = {"{nginx}": self._nginx, "{python}": sys.executable}
        known["{binary}"] = str(self._binary.absolute())
        argv = [known.get(word, word) for word in process.argv]
        if "{nginx}" in process.argv:
            # Started by root, nginx would run its workers as a user who may not look in here.
            user = " user root;" if os.geteuid() == 0 else ""
            argv += ["-g", f"daemon off;{user}"]
        return argv

    def _test(self) -> None:
        proxy = next(one for one in self._wanted if one.name == "nginx")
        argv = [*self._argv(proxy), "-t", "-q"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise HoldfastError("nginx refuses the configuration", *done.stderr.splitlines()[-8:])

    def _start(self, process: Process) -> None:
        own = {
            key: secrets.token_hex(32) if value == "{random}" else value
            for key, value in process.environment.items()
        }
        with (self.scratch / "logs" / f"{process.name}.log").open("wb") as log:
            self._processes[process.name] = subprocess.Popen(
                self._argv(process),
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
        named = [(one.name, one.socket) for one in self._wanted if one.socket]
        sockets = [self.scratch / "run" / name / socket for name, socket in named]
        while not (all(path.exists() for path in sockets) and self._answers()):
            self.check()
            if time.monotonic() > deadline:
                raise HoldfastError(f"no answer within {START_SECONDS:.0f} s")
            time.sleep(0.05)

    def _answers(self) -> bool:
        client = over_tls(
            scratch.NAME, self.settings.proxy.port, cafile=str(self.ca_file), timeout=5
        )
        try:
            return client.check() in (200, 401, 403)
        except RegistryError:
            return False
        finally:
            client.close()
