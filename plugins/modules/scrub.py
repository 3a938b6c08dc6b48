"""Document the scrub: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: scrub
short_description: Prove a host's images by their digests
description:
  - Reads blobs, those first that were proven longest ago, and compares them with their digests. A
    damaged one is moved away, so that the next push of an image brings it again. Pushes and pulls
    go on meanwhile.
options:
  everything:
    description: Prove all blobs, not only those that are due.
    type: bool
    default: false
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Prove all images
  holdfast.registry.scrub:
    everything: true
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
scrub:
  description:
    - The figures, with C(damaged), the blobs that are damaged and the images that need them.
  returned: success
  type: dict
"""
