"""Roadmaps as YAML files: reading, comparing, taking in and writing them."""

from roadmaps.files.apply import take_in
from roadmaps.files.format import read

__all__ = ["read", "take_in"]
