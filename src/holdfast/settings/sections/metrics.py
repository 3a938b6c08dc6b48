"""The section `registry_metrics_*`: metrics for Prometheus."""

from __future__ import annotations

from holdfast.settings import types as t
from holdfast.settings.section import Section


class Metrics(Section):
    """Metrics for Prometheus."""

    directory: t.AbsolutePath = "/var/lib/holdfast/metrics"
    """Directory of `holdfast.prom`, for the textfile collector of the node exporter."""
