"""Alert rules for Prometheus, generated from one table."""
