"""Document the garbage collection: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gc
short_description: Collect garbage of a host's images
description:
  - Moves what no manifest needs to a trash on the same disk, and removes what was there long
    enough. Pushes and pulls go on meanwhile.
options:
  verb:
    description:
      - V(plan) reports what a run would do; V(run) does it; V(undo) moves all that is in the trash
        back; V(purge) empties the trash now.
    type: str
    choices: [plan, run, undo, purge]
    default: run
  grace_seconds:
    description: Age in seconds that garbage needs; without it, C(registry_gc_grace).
    type: int
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Report what a garbage collection would remove
  holdfast.registry.gc:
    verb: plan
  register: planned
"""

RETURN = r"""
msg:
  description:
    - One line for each thing that was found or done, as the command C(holdfast) prints it.
  returned: always
  type: str
changes:
  description: Changes, or planned changes in check mode; one entry each, with its phase.
  returned: always
  type: list
  elements: str
  sample: ["activate: 7 -> 8, drained in 0.2 s"]
gc:
  description:
    - Amounts as C(files) and C(bytes), and C(damaged), the manifests that cannot be read.
  returned: success
  type: dict
"""
