"""The section `registry_index_*`: the index of the images."""

from __future__ import annotations

from holdfast.settings.section import Section


class Index(Section):
    """The index of images, for `holdfast search`, `catalog` and `inspect`."""

    enabled: bool = False
    """Keeps an index of the images on the host. It reads images in a directory of the host, not
    those of a bucket or of a mirror, and no request waits for it. See docs/search.md."""
