"""Roadmaps as YAML files: parse, validate, compare, import and export them."""
