"""`make demo`: the main job, on a test machine that is made here."""
