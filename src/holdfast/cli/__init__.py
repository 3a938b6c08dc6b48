"""The `holdfast` command, one file for each verb."""
