"""A scrub over a store of files: the order, the pace, what is found, and what becomes of it."""
