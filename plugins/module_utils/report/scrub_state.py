"""Report what the last scrub found, as far as it is still so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, jobs

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.backup import (
        HealFigures,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import JobRecord
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.scrub import (
        DamagedBlob,
        ScrubFigures,
        ScrubPlan,
    )


def figures(generation: str) -> ScrubFigures | None:
    """Return the figures of the last scrub; None without one.

    A damaged blob that came again, by a push or from a backup, is left out.
    """
    plan: ScrubPlan | None = files.read_json(os.path.join(generation, "agent", "scrub.json"))
    last: JobRecord | None = jobs.last("scrub", plan["records"]) if plan else None
    found: ScrubFigures | None = last["figures"] if last else None
    if plan is None or found is None:
        return None
    store = Directory(plan["directory"])
    healing: JobRecord | None = jobs.last("heal", plan["records"])
    healed: HealFigures | None = healing["figures"] if healing else None
    lost = healed["lost"] if healed else {}
    damaged: list[DamagedBlob] = [
        {**one, "lost": lost[one["digest"]]} if one["digest"] in lost else one
        for one in found["damaged"]
        if not (one["aside"] and store.has(places.blob(one["digest"])))
    ]
    return {**found, "damaged": damaged}
