"""Roadmaps as YAML files: reading, comparing, taking in and writing them."""
