"""What has to be asked of other machines for certificates; runs as a user that can do no more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import names
from ansible_collections.holdfast.registry.plugins.module_utils.renewal import FORCE, plan_of

FOLDER = os.path.join(names.STATE, "fetch")
RESULT = os.path.join(FOLDER, "result.json")
LARGEST_LIST = 64 << 20
SECONDS = 600


def main(generation: str) -> int:
    """Fetch what is due; 1 when something could not be had."""
    plan, problems = plan_of(generation), []
    os.umask(0o077)
    if plan["acme"]:
        problems += _acme(plan)
    if plan["crl_url"]:
        problems += _revoked(plan["crl_url"])
    with open(f"{RESULT}.new", "w", encoding="utf-8") as stream:
        json.dump({"time": time.time(), "problems": problems}, stream)
    os.replace(f"{RESULT}.new", RESULT)
    return int(bool(problems))


def _acme(plan: dict[str, Any]) -> list[str]:
    force = os.path.join(plan["acme"]["path"], FORCE)
    forced, problems = os.path.exists(force), []
    for _, kind in plan["acme"]["kinds"]:
        done = subprocess.run(
            lego(plan, kind, forced),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        print(done.stdout)
        if done.returncode:
            problems.append(f"{plan['acme']['server']}: {_reason(done.stdout)}")
    if forced and not problems:
        os.unlink(force)
    return problems


def lego(plan: dict[str, Any], kind: str, forced: bool) -> list[str]:
    """Return the command that gets or renews a certificate; secrets are in the environment.

    A renewal keeps the key, so that a handshake can never see a new certificate with an old key.
    """
    acme = plan["acme"]
    folder = os.path.join(acme["path"], kind)
    argv = ["lego", "--accept-tos", "--path", folder, "--server", acme["server"]]
    argv += ["--email", acme["email"], "--domains", plan["hostname"], "--key-type", kind]
    argv += ["--eab"] if acme["eab"] else []
    argv += ["--http", "--http.webroot", acme["webroot"]] if acme["challenge"] == "http" else []
    if acme["challenge"] != "http":
        argv += ["--dns", {"hook": "exec"}.get(acme["challenge"], acme["challenge"])]
        argv += [part for one in acme["resolvers"] for part in ("--dns.resolvers", one)]
    if not os.path.exists(os.path.join(folder, "certificates", f"{plan['hostname']}.crt")):
        return [*argv, "run"]
    # More days than a certificate can have left: due at once.
    days = 10000 if forced else acme["renew_days"]
    return [*argv, "renew", "--days", str(days), "--reuse-key", "--no-random-sleep"]


def _reason(output: str) -> str:
    """Return the line that says most: lego's last one, without its date."""
    lines = [line for line in output.splitlines() if line.strip()] or ["lego said nothing"]
    return lines[-1].split(" ", 2)[-1]


def _revoked(address: str) -> list[str]:
    try:
        with urllib.request.urlopen(address, timeout=30) as stream:  # noqa: S310 -- http(s), by type
            content = stream.read(LARGEST_LIST)
    except OSError as error:
        return [f"{address}: {getattr(error, 'reason', None) or error}"]
    path = os.path.join(FOLDER, "crl")
    with open(f"{path}.new", "wb") as stream:
        stream.write(content)
    os.replace(f"{path}.new", path)
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
