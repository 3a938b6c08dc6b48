"""Ways to break a host that holds a registry: each has to turn the right control red."""
