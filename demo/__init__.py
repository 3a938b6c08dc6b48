"""`make demo`: deploy a registry to a test machine that the demo creates."""
