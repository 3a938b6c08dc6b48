"""The `holdfast` command: a file a verb."""
