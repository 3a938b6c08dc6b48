"""The section `registry_scrub_*`: proof of the images' content."""

from __future__ import annotations

from holdfast.settings import types as t
from holdfast.settings.section import Section


class Scrub(Section):
    """Scrub: each blob is read and compared with its digest, before the disk's damage is noticed
    by a pull."""

    within: t.Duration = "30d"
    """Time in which each blob is proven; those first that were proven longest ago."""
    rate: t.Rate = 20 << 20
    """Bytes that a scrub reads in a second: a number, or one with MiB or GiB. Requests of clients
    come first in any case."""
    after_crash: bool = False
    """Prove all blobs in the first run after a boot at which the kernel or e2fsck repaired the file
    system, such as after a power cut."""
    schedule: t.Calendar = "*-*-* 03:30:00"
    """Calendar event of systemd at which the host proves a part of the blobs; empty for never."""
