"""Figures for docs/performance.md: ratios within one run, never a test of time."""
