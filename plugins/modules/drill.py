"""Document the drill: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drill
short_description: Prove the newest backup of a host
description:
  - Restores a part of the newest backup to a scratch directory, compares it with its digests, pulls
    an image from there, and waits for the end.
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Prove the newest backup
  holdfast.registry.drill:
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
drill:
  description:
    - The figures, with C(snapshot), C(manifests), C(blobs), and C(pulled), the image.
  returned: success
  type: dict
"""
