"""holdfast: private container registries, rendered, deployed and verified from one inventory."""

__version__ = "0.1.0"
