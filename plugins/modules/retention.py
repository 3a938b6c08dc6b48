"""Document the retention: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: retention
short_description: Take tags of a host's images away, by rules or by name
description:
  - Applies C(registry_retention). Tags and manifests go to a trash on the same disk, or get delete
    markers in a bucket, and stay there for C(registry_gc_undo). Pushes and pulls go on meanwhile.
options:
  verb:
    description:
      - V(plan) reports what the rules would take away; V(apply) does it; V(undo) brings tags back
        from the trash; V(explain) reports why a tag stays or goes; V(untag) takes one tag away.
    type: str
    choices: [plan, apply, undo, explain, untag]
    default: plan
  image:
    description: Repository and tag, as V(team/app:1.0), for V(undo), V(explain) and V(untag).
    type: str
  plan_file:
    description:
      - File on the controller with a plan, made by C(holdfast retention plan -o FILE). What changed
        since then stays.
    type: path
  without_undo:
    description:
      - Take away for ever, if the images are in a bucket that keeps no versions. Without it such an
        V(apply) or V(untag) is refused.
    type: bool
    default: false
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Report which tags the rules would take away
  holdfast.registry.retention:
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
retention:
  description:
    - The plan, or what was done.
  returned: success
  type: dict
"""
