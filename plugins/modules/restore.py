"""Document the restore: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: restore
short_description: Restore a backup of a host, in steps
description:
  - Called by the role's C(restore.yml). Restores certificates and keys of an empty host before a
    deploy, and images after it.
options:
  step:
    description: Step to run.
    type: str
    required: true
    choices: [look, keys, images]
  snapshot:
    description: First digits of a snapshot; without it, the newest one.
    type: str
    default: ""
  only:
    description: Repository, or repository and tag, as V(team/app:1.0), to restore alone.
    type: str
    default: ""
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Restore one image of the newest backup
  holdfast.registry.restore:
    step: images
    only: team/app:1.0
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
deployed:
  description: True if a generation is there, whose keys stay.
  returned: by look
  type: bool
install:
  description: Packages without which no backup can be read, and what their installation needs.
  returned: by look
  type: dict
restore:
  description:
    - The figures, with C(kept), the tags that name another image here, and C(missing), the
      manifests that the backup does not have complete.
  returned: by images
  type: dict
"""
