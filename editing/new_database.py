"""Set-up happens once, so that an upgrade never undoes what people have decided."""

from roadmaps.models import Roadmap


def is_new_database() -> bool:
    """Whether there is no roadmap, and never was one that has been deleted."""
    return not (Roadmap.objects.exists() or Roadmap.history.exists())
