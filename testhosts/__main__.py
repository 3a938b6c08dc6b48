"""The harness's own command: python3 -m testhosts --help"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from testhosts import binary, hosts, machine
from testhosts.machine import HarnessError


def main() -> int:
    """Run one command; 0 ok, 2 this machine cannot host, 3 no such host, 4 no binary."""
    options = _parser().parse_args()
    try:
        return int(options.run(options) or 0)
    except HarnessError as error:
        print(error, file=sys.stderr)
        return error.code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="testhosts", description=hosts.__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str, names: str | None = None) -> None:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        if names:
            sub.add_argument("names", nargs=names, metavar="NAME")
        if name == "up":
            sub.add_argument("--platform", default="debian13", choices=("debian13", "debian12"))
            sub.add_argument("--flavour", default="ready", choices=("bare", "ready"))
        if name == "down":
            sub.add_argument("--all", action="store_true")
        if name == "exec":
            sub.add_argument("command")
        if name == "binary":
            sub.add_argument("--version", default="3.1.1")

    command("doctor", _doctor, "Tell whether this machine can host systemd containers.")
    command("install", _install, "Install what the harness needs.")
    command("up", _up, "Make hosts, or boot them.", "+")
    command("down", _down, "Remove hosts.", "*")
    command("list", _list, "List hosts.")
    command("exec", _exec, "Run a shell command as root on a host.", "?")
    command("kill", lambda o: _one(o).kill(), "Cut the power of a host.", "?")
    command("start", lambda o: _one(o).start(), "Boot a host again.", "?")
    command("binary", _binary, "Obtain the registry's binary.")
    return parser


def _doctor(_: argparse.Namespace) -> int:
    problems = machine.doctor()
    print("\n".join(problems) or "This machine can host systemd containers.")
    return 2 if problems else 0


def _install(_: argparse.Namespace) -> None:
    installed = machine.install()
    if installed:
        print(f"Installed {', '.join(installed)}.")


def _up(options: argparse.Namespace) -> None:
    for name in options.names:
        _print(hosts.up(name, options.platform, options.flavour))


def _down(options: argparse.Namespace) -> None:
    for host in hosts.hosts():
        if options.all or host.name in options.names:
            host.down()


def _list(_: argparse.Namespace) -> None:
    for host in hosts.hosts():
        _print(host)


def _exec(options: argparse.Namespace) -> int:
    host = _one(options)
    return subprocess.run([*host.ssh_command(), options.command], check=False).returncode


def _binary(options: argparse.Namespace) -> None:
    print(json.dumps(binary.obtain(options.version)))


def _one(options: argparse.Namespace) -> hosts.Host:
    host = hosts.find(options.names or "")
    if host is None:
        raise HarnessError(f"{options.names}: no such host. See: python3 -m testhosts list", 3)
    return host


def _print(host: hosts.Host) -> None:
    known = {"name": host.name, "platform": host.platform, "flavour": host.flavour}
    print(json.dumps({**known, "address": host.address, "ssh": " ".join(host.ssh_command())}))


if __name__ == "__main__":
    sys.exit(main())
