"""Command line of the test hosts: python3 -m testhosts --help"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import testhosts
from testhosts import binary, disks, hosts, images, machine, namespace, podman
from testhosts.fixtures import SUPPLIES
from testhosts.machine import HarnessError


class Parser(argparse.ArgumentParser):
    """Parser with another exit code for wrong use, because 2 has another meaning."""

    def error(self, message: str) -> NoReturn:
        """Print the error, and exit."""
        self.print_usage(sys.stderr)
        self.exit(3, f"{self.prog}: {message}\n")


def main() -> int:
    """Run one command; return its exit code.

    0: ok; 2: this machine cannot host; 3: no such host or wrong use; 4: no binary. `exec` returns
    the exit code of its command.
    """
    options = _parser().parse_args()
    try:
        return int(options.run(options) or 0)
    except HarnessError as error:
        print(error, file=sys.stderr)
        return error.code


def _parser() -> Parser:
    parser = Parser(prog="python3 -m testhosts", description=testhosts.__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str, names: str | int | None = None) -> Parser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        if names:
            sub.add_argument("names", nargs=names, metavar="NAME")
        return sub

    command("doctor", _doctor, "Tell whether this machine can host systemd containers.")
    command("install", _install, "Install what the harness needs (apt).")
    up = command("up", _up, "Make hosts, or boot them.", "+")
    up.add_argument("--platform", default="debian13", choices=sorted(images.SUITES))
    up.add_argument("--flavour", default="ready", choices=sorted(images.FLAVOURS))
    up.add_argument("--kind", default="container", choices=["container", "vm"])
    listing = command("list", _list, "List hosts.")
    for sub in (up, listing):
        sub.add_argument("--json", action="store_true", help="one JSON object a line")
    command("down", _down, "Remove hosts.", "*").add_argument("--all", action="store_true")
    execute = command("exec", _exec, "Run a command as root: exec NAME -- CMD...", 1)
    execute.add_argument("command", nargs="+", metavar="CMD")
    command("kill", lambda o: _one(o).kill(), "Cut the power of a host.", 1)
    command("start", lambda o: _one(o).start(), "Boot a host again.", 1)
    command("reboot", lambda o: _one(o).reboot(), "Let a host boot again, in order.", 1)
    command("inventory", _inventory, "Print an inventory with the host in it.", 1)
    supply = command("supply", _supply, "Make what an inventory needs beside its settings.", 1)
    supply.add_argument("what", choices=sorted(SUPPLIES))
    supply.add_argument("hostname")
    supply.add_argument("folder", type=Path)
    registry = command("binary", _binary, "Obtain the registry's static binary; print JSON.")
    registry.add_argument("--version", default=binary.VERSION)
    registry.add_argument("--output", metavar="FILE", help="copy it here, too")
    tool = command("tool", _tool, "Obtain a client of registries; print its path.")
    tool.add_argument("name", choices=sorted(binary.TOOLS))
    return parser


def _doctor(_: argparse.Namespace) -> int:
    problems = machine.shortcomings()
    print("\n".join(problems) or "This machine can host systemd containers.")
    return 2 if problems else 0


def _install(_: argparse.Namespace) -> None:
    missing = [*machine.missing(), *disks.missing()]
    if missing:
        print(f"Installing {', '.join(missing)} ...", flush=True)
    machine.install(missing)


def _up(options: argparse.Namespace) -> None:
    for name in options.names:
        _show(hosts.up(name, options.platform, options.flavour, options.kind), options.json)


def _down(options: argparse.Namespace) -> None:
    options.names = [host.name for host in hosts.hosts()] if options.all else options.names
    for name in options.names:
        _find(name).down()
    if options.all:
        podman.remove_network()
        namespace.leave()


def _list(options: argparse.Namespace) -> None:
    for host in hosts.hosts():
        _show(host, options.json)


def _exec(options: argparse.Namespace) -> int:
    words = options.command
    line = words[0] if len(words) == 1 else shlex.join(words)
    return subprocess.run([*_one(options).ssh_command(), line], check=False).returncode


def _inventory(options: argparse.Namespace) -> None:
    host = _one(options)
    print(f"registry:\n  hosts:\n    {host.name}:")
    for name, value in host.inventory_vars().items():
        print(f"      {name}: {json.dumps(value)}")


def _supply(options: argparse.Namespace) -> None:
    options.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    SUPPLIES[options.what](_one(options), options.hostname, options.folder)


def _binary(options: argparse.Namespace) -> None:
    found = binary.obtain(options.version)
    if options.output:
        found["path"] = shutil.copy(found["path"], options.output)
    print(json.dumps(found))


def _tool(options: argparse.Namespace) -> None:
    print(binary.tool(options.name))


def _one(options: argparse.Namespace) -> hosts.Host:
    return _find(options.names[0])


def _find(name: str) -> hosts.Host:
    host = hosts.find(name)
    if host is None:
        raise HarnessError(f"{name}: no such host. See: python3 -m testhosts list", 3)
    return host


def _show(host: hosts.Host, as_json: bool) -> None:
    known = {"name": host.name, "kind": host.kind}
    known |= {"platform": host.platform, "flavour": host.flavour}
    known |= {"address": host.address, "state": "running" if host.runs() else "stopped"}
    known["ssh"] = shlex.join(host.ssh_command())
    print(json.dumps(known) if as_json else "  ".join(known.values()))


if __name__ == "__main__":
    sys.exit(main())
