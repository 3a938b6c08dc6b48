"""The documentation as a site of files, readable without network: `make docs`."""
