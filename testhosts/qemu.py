"""Run test hosts with their own kernel: QEMU machines, with KVM if it works.

They have a loopback address of their own, at the same ports as inside.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from testhosts import disks
from testhosts.cache import cache, identity, locked
from testhosts.host import Host, folder
from testhosts.machine import HarnessError, as_root, run

QEMU = "qemu-system-x86_64"
PORTS = (22, 80, 443, 5000, 5001, 8443)
"""Ports of the machine that are forwarded; a port without a service is refused."""
MEMORY_MIB = 1536
EMULATED = ("-accel", "tcg,thread=multi", "-cpu", "Nehalem")
"""`-cpu max` panics under emulation with Debian's kernel."""
ACCELERATED = ("-accel", "kvm", "-cpu", "host")
TRY_SECONDS = 20.0


@dataclass(frozen=True)
class Machine(Host):
    """A virtual machine."""

    def kill(self) -> None:
        """Cut the power: kill every process; unwritten data is lost."""
        pid = self._pid()
        if pid:
            run(as_root(["kill", "-KILL", str(pid)]))
            while self._pid():
                time.sleep(0.02)

    def start(self) -> None:
        """Boot again, with the same disk and address."""
        if not self.runs():
            run(as_root(self._command()), title=QEMU, timeout=60)
        self.wait()

    def reboot(self) -> None:
        """Reboot as an administrator does, and wait for the new boot."""
        before = self.run("cat /proc/sys/kernel/random/boot_id").stdout
        self.run("systemctl reboot", check=False)
        deadline = time.monotonic() + self.boot_seconds
        while time.monotonic() < deadline:
            done = self.run("cat /proc/sys/kernel/random/boot_id", check=False, timeout=30)
            if done.returncode == 0 and done.stdout != before:
                self.wait()
                return
            time.sleep(1)
        raise HarnessError(f"{self.name}: not up again within {self.boot_seconds:.0f} s")

    def down(self) -> None:
        """Remove the machine and its disk."""
        self.kill()
        run(as_root(["rm", "-f", str(self._disk), str(self._log), str(self._pidfile)]))
        self.known_hosts.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def runs(self) -> bool:
        """Return True if the machine is booted."""
        return self._pid() is not None

    @property
    def boot_seconds(self) -> float:
        """Maximum seconds of a boot: emulation on a busy machine is slow."""
        return 300.0

    @property
    def _disk(self) -> Path:
        return folder() / f"{self.name}.qcow2"

    @property
    def _log(self) -> Path:
        return folder() / f"{self.name}.console"

    @property
    def _pidfile(self) -> Path:
        return folder() / f"{self.name}.pid"

    def _pid(self) -> int | None:
        """Return the process of the machine."""
        try:
            number = int(self._pidfile.read_text())
            words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return number if str(self._disk).encode() in b" ".join(words) else None

    def _command(self) -> list[str]:
        disk = disks.disk(self.platform, self.flavour)
        forwards = ",".join(f"hostfwd=tcp:{self.address}:{port}-:{port}" for port in PORTS)
        return [
            *(QEMU, "-M", "q35", *accelerator(disk)),
            *("-smp", str(min(2, os.cpu_count() or 1)), "-m", str(MEMORY_MIB)),
            *("-kernel", str(disk.kernel), "-initrd", str(disk.initrd)),
            # The guess of a TSC's speed on a busy machine is wrong by a tenth under emulation.
            *("-append", "root=/dev/vda rw console=ttyS0 quiet clocksource=hpet"),
            *("-drive", f"file={self._disk},if=virtio,format=qcow2"),
            *("-netdev", f"user,id=net,{forwards}", "-device", "virtio-net-pci,netdev=net"),
            *("-device", "virtio-rng-pci", "-display", "none", "-monitor", "none"),
            *("-serial", f"file:{self._log}", "-pidfile", str(self._pidfile), "-daemonize"),
        ]


def network() -> str:
    """Return the first three numbers of the machines' addresses; they differ by cache."""
    numbers = bytes.fromhex(identity())
    return f"127.{64 + numbers[0] % 128}.{numbers[1]}"


def make(name: str, platform: str, flavour: str) -> Machine:
    """Return a new running machine. Raises HarnessError 2 if this machine cannot host it."""
    problems = disks.shortcomings()
    if problems:
        raise HarnessError("\n".join(problems), 2)
    with locked(f"disk-{platform}-{flavour}"):
        disk = disks.disk(platform, flavour)
    with locked("hosts"):
        known = [json.loads(path.read_text())["address"] for path in folder().glob("*.json")]
        free = (f"{network()}.{number}" for number in range(1, 250))
        host = Machine(name, next(one for one in free if one not in known), platform, flavour, "vm")
        host.down()  # what an interrupted run has left
        host.note.write_text(host.noted())
    make_disk = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(disk.root)]
    run([*make_disk, str(host._disk)])
    host.known_hosts.write_text(f"{host.address} {disk.host_key}\n")
    host.start()
    return host


def accelerator(disk: disks.Disk) -> tuple[str, ...]:
    """Return QEMU's options: for KVM if a kernel boots with it, otherwise for emulation."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    note = cache() / f"accelerator-{boot}"
    with locked("accelerator"):
        if not note.exists():
            note.write_text("kvm" if _kvm_works(disk) else "tcg")
    return ACCELERATED if note.read_text() == "kvm" else EMULATED


def _kvm_works(disk: disks.Disk) -> bool:
    """Boot the kernel without a disk: with a working KVM it prints so, then panics."""
    if not Path("/dev/kvm").exists() or not shutil.which("timeout"):
        return False
    argv = ["timeout", "-s", signal.SIGKILL.name, str(TRY_SECONDS), QEMU, "-M", "q35", *ACCELERATED]
    argv += ["-m", "256", "-no-reboot", "-nographic", "-monitor", "none", "-serial", "stdio"]
    argv += ["-kernel", str(disk.kernel), "-append", "console=ttyS0 panic=-1"]
    done = run(as_root(argv), check=False, timeout=TRY_SECONDS + 10)
    return bool(re.search(r"Kernel panic - not syncing: VFS", done.stdout))
