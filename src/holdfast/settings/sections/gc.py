"""The section `registry_gc_*`: removal of what no image needs."""

from __future__ import annotations

from holdfast.settings import types as t
from holdfast.settings.section import Section


class Gc(Section):
    """Garbage collection: blobs that no manifest needs go while the registry serves."""

    grace: t.Duration = "24h"
    """Age that a blob needs before it is collected. No image is lost with a shorter one; a push
    that takes longer may have to send a layer again."""
    undo: t.Duration = "7d"
    """Time for which collected blobs stay in the trash, where `holdfast gc undo` finds them. They
    use disk space until then."""
    schedule: t.Calendar = "*-*-* 02:30:00"
    """Calendar event of systemd at which the host collects; empty for never."""
