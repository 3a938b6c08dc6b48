"""holdfast: private container registries, rendered, deployed and verified from one inventory."""

__version__ = "0.1.0"

DOCS = "https://example.com/holdfast/docs"
"""Address of the documentation, below that of the repository in galaxy.yml."""
