"""Run the demo: create a test machine, deploy, push, pull, verify."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from demo import inventory, names
from demo.image import write_layout
from demo.steps import DemoError, quiet, shown, step
from testhosts import binary, hosts, machine
from testhosts.machine import HarnessError

HOST = "demo"
HERE = Path(__file__).parents[1] / ".demo"
HOLDFAST = str(Path(sys.executable).parent / "holdfast")
PACKAGES = {"skopeo": "skopeo", "busybox": "busybox-static"}


def up() -> None:
    """Deploy to a new test machine, or run a preview if none can be created."""
    begun = time.monotonic()
    with step("Installing what the demo needs (apt)"):
        machine.install(machine.missing())
        _install_clients()
    problems = machine.doctor()
    if problems:
        _preview(problems)
        return
    with step("Making a Debian 13 machine with systemd"):
        host = hosts.up(HOST, flavour="bare")
    source = _source()
    where = inventory.write(HERE, host, source)
    print(f"\n$ holdfast deploy -i {_short(where)}")
    shown([HOLDFAST, "deploy", "-i", str(where)])
    if names.add(host.address, inventory.HOSTNAME):
        print(f"\n{inventory.HOSTNAME} led to the demo of another clone; it leads to this one now.")
    password = (where / "secrets" / inventory.USER).read_text().split()[0]
    _push_and_pull(where / "pki" / "ca.crt", password)
    print(f"\n$ holdfast verify -i {_short(where)}")
    shown([HOLDFAST, "verify", "-i", str(where)])
    inventory.write_environment(HERE, host, where, password)
    _farewell(where, time.monotonic() - begun)


def down() -> None:
    """Remove the machine, its name, and the demo's files."""
    host = hosts.find(HOST)
    if host:
        host.down()
    names.remove()
    shutil.rmtree(HERE, ignore_errors=True)
    print("The demo is gone. Images and binaries stay in .cache for the next time.")


def _install_clients() -> None:
    wanted = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if wanted:
        machine.install(wanted)


def _source() -> dict[str, str] | None:
    """Return registry 3.1.1, or None if only the distribution's package is available."""
    try:
        with step("Obtaining the registry 3.1.1 (release, else built with Go)"):
            return binary.obtain()
    except HarnessError as error:
        print(f"{error}\nThe demo goes on with Debian's own package of the registry, 2.8.")
        return None


def _push_and_pull(ca: Path, password: str) -> None:
    """Push an image with skopeo, pull it again, and compare."""
    folder, certificates = HERE / "image", HERE / "certificates"
    shutil.rmtree(folder, ignore_errors=True)
    certificates.mkdir(exist_ok=True)
    shutil.copy(ca, certificates / "ca.crt")
    write_layout(Path(shutil.which("busybox") or "/bin/busybox"), folder / "pushed")
    login = HERE / "auth.json"
    name = f"docker://{inventory.HOSTNAME}/demo/busybox:latest"
    trust = ["--cert-dir", str(certificates)]
    print()
    with step(f"skopeo login, copy to {name}"):
        inventory.log_in(login, password)
        copy = ["skopeo", "copy", "--quiet", "--authfile", str(login)]
        quiet([*copy, "--dest-cert-dir", str(certificates), f"oci:{folder / 'pushed'}", name])
    with step("skopeo copy back, and compare digests"):
        quiet([*copy, "--src-cert-dir", str(certificates), name, f"oci:{folder / 'pulled'}"])
        inspect = ["skopeo", "inspect", "--authfile", str(login), "--format", "{{.Digest}}"]
        there = quiet([*inspect, *trust, name]).strip()
        blobs = {path.name for path in (folder / "pulled" / "blobs" / "sha256").iterdir()}
        if there.removeprefix("sha256:") not in blobs:
            raise DemoError(f"{name}: what came back is not what was pushed ({there})")


def _farewell(where: Path, seconds: float) -> None:
    print(f"""
A private registry serves on a machine of its own, made in {seconds:.0f} s.
  address     https://{inventory.HOSTNAME}   (added to /etc/hosts, marked as holdfast's)
  login       {inventory.USER}, password in {_short(where)}/secrets/{inventory.USER}
  trust       {_short(where)}/pki/ca.crt
  settings    {_short(where)}/   change one and deploy again: the registry loses no request
  for scripts .demo/demo.env

Next: .venv/bin/holdfast generations -i {_short(where)}
      .venv/bin/holdfast deploy -i {_short(where)}      (nothing to do, in a second)
      make demo-down                    removes all of it""")


def _preview(problems: list[str]) -> None:
    print("This machine cannot host a systemd container:")
    print("\n".join(f"  {problem}" for problem in problems))
    print("So the demo runs a preview instead: the same registry and proxy, as processes here.")
    where = inventory.write(HERE, None, _source())
    shown([HOLDFAST, "preview", "-i", str(where)])


def _short(path: Path) -> str:
    return str(path.relative_to(HERE.parent))
