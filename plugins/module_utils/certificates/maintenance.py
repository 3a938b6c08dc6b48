"""Maintain certificates each day: renewal, revocation list, OCSP, metrics, reminders."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    crl,
    metrics,
    ocsp,
    renewal,
    x509,
)
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    store as certificate_store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    foreign_files,
    paths,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.jobs import Job, Outcome
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
        Certificate,
        Maintenance,
        MaintenancePlan,
    )


LARGEST_RESULT = 1 << 20
SECONDS = 9 * 60.0
"""Longest run: as long as a deploy waits for the lock, and a bit less."""


def main(generation: str) -> int:
    """Do what is due; return 1 if something failed or a certificate is about to expire."""
    plan = renewal.plan_of(generation)
    job = Job("certificates", plan["metrics"], plan["records"])
    return job.main(lambda: _work(plan), seconds=SECONDS)


def _work(plan: MaintenancePlan) -> Outcome:
    done, problems = list[str](), list[str]()
    for work in (_fetched, renewal.apply, crl.apply, ocsp.apply):
        try:
            text = work(plan)
            done += [text] if text else []
        except (StepError, OSError, ValueError) as error:
            problems.append(str(error))
    shown = certificates_shown()
    problems += [text for text in (*reminders(plan, shown), crl.reminder()) if text]
    result: Maintenance = {
        "time": time.time(),
        "problems": problems,
        "done": done,
        "certificates": shown,
    }
    files.replace(paths.MAINTENANCE_RESULT, json.dumps(result, indent=1).encode(), 0o644)
    metrics.write(plan["metrics"], result)
    return Outcome(None, tuple(done), tuple(problems))


def certificates_shown() -> list[Certificate]:
    """Return the certificates in use."""
    folder = os.path.join(certificate_store.directory(), certificate_store.SERVER)
    found: list[Certificate] = []
    for name in sorted(certificate_store.texts()["server"]):
        if name.endswith("certificate.pem"):
            path = os.path.join(folder, name)
            said = x509.read(path)
            found.append(
                {
                    "file": name,
                    "names": said.names,
                    "issuer": said.issuer,
                    "begin": said.begin,
                    "end": said.end,
                }
            )
    return found


def reminders(plan: MaintenancePlan, shown: list[Certificate]) -> list[str]:
    """Return one sentence for each certificate that expires soon without a replacement."""
    found, now = [], time.time()
    for one in shown:
        left = (one["end"] - now) / 86400
        if left < plan["warn_days"] and not one["file"].startswith("next-"):
            todo = "Run: holdfast deploy" if plan["successors"] else "See why it is not renewed"
            found.append(
                f"{one['file']}: {left:.1f} days are left, fewer than {plan['warn_days']}. {todo}"
            )
    return found


def _fetched(plan: MaintenancePlan) -> str | None:
    """Raise StepError if the fetch service, which ran just before, failed."""
    path = os.path.join(paths.STATE, "fetch", "result.json")
    if not (plan["acme"] or plan["crl_url"] or plan["staple"]):
        return None
    if not os.path.exists(path):
        raise StepError(f"nothing was ever fetched. See: systemctl status {paths.FETCH}")
    problems = json.loads(foreign_files.read(path, LARGEST_RESULT))["problems"]
    if problems:
        raise StepError("; ".join(map(str, problems)))
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
