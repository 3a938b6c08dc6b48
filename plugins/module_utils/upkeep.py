"""What the timer does each day: certificates, the list of revoked clients, figures, a reminder."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    certificates,
    files,
    handshake,
    metrics,
    names,
    renewal,
    revocation,
    stapling,
)
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError


def main(generation: str) -> int:
    """Do what is due; 1 when something failed or a certificate is about to expire."""
    with files.locked(names.LOCK):
        return _work(renewal.plan_of(generation))


def _work(plan: dict[str, Any]) -> int:
    done, problems = [], []
    for work in (_fetched, renewal.take_up, revocation.take_up, stapling.take_up):
        try:
            text = work(plan)
            done += [text] if text else []
        except (StepError, OSError, ValueError) as error:
            problems.append(str(error))
    shown = certificates_shown()
    problems += [text for text in (*reminders(plan, shown), revocation.reminder()) if text]
    result = {"time": time.time(), "problems": problems, "done": done, "certificates": shown}
    files.replace(names.UPKEEP, json.dumps(result, indent=1).encode(), 0o644)
    metrics.write(plan["metrics"], result)
    print("\n".join([*done, *problems]) or "nothing to do")
    return int(bool(problems))


def certificates_shown() -> list[dict[str, Any]]:
    """Return file, names, issuer, begin and end (epoch seconds) of each certificate in use."""
    folder = os.path.join(certificates.directory(), certificates.SERVER)
    found = []
    for name in sorted(certificates.texts()["server"]):
        if name.endswith("certificate.pem"):
            path = os.path.join(folder, name)
            said = handshake.decoded(path)
            found.append(
                {
                    "file": name,
                    "names": [value for _, value in said.get("subjectAltName", ())],
                    "issuer": _common_name(said["issuer"]),
                    "begin": handshake.begin(path),
                    "end": handshake.end(path),
                }
            )
    return found


def reminders(plan: dict[str, Any], shown: list[dict[str, Any]]) -> list[str]:
    """Return a sentence on each certificate that ends soon and that nothing will replace."""
    found, now = [], time.time()
    for one in shown:
        left = (one["end"] - now) / 86400
        if left < plan["warn_days"] and not one["file"].startswith("next-"):
            todo = "Run: holdfast deploy" if plan["successors"] else "See why it is not renewed"
            found.append(
                f"{one['file']}: {left:.1f} days are left, fewer than {plan['warn_days']}. {todo}"
            )
    return found


def _fetched(plan: dict[str, Any]) -> str | None:
    """Complain when the fetching service, which ran just before, got nothing."""
    path = os.path.join(names.STATE, "fetch", "result.json")
    if not (plan["acme"] or plan["crl_url"] or plan["staple"]):
        return None
    if not os.path.exists(path):
        raise StepError(f"nothing was ever fetched. See: systemctl status {names.FETCH}")
    with open(path, encoding="utf-8") as stream:
        problems = json.load(stream)["problems"]
    if problems:
        raise StepError("; ".join(problems))
    return None


def _common_name(issuer: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    parts = {key: value for part in issuer for key, value in part}
    return parts.get("commonName") or parts.get("organizationName") or "nobody"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
