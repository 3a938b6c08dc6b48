"""Plan the upgrade of a registry, and edit the inventory for it."""
