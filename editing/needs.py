"""What steps need: the steps to do before them. No step may need itself, not even by
way of others.
"""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from roadmaps.models import Roadmap, Step


def read_needs(
    except_in: Roadmap | None = None, new_paths: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """Return what stored steps need, by their paths, "roadmap/step".

    `new_paths` has the paths that steps will have, by their present ones.
    """
    steps = Step.objects.exclude(needs=[])
    if except_in:
        steps = steps.exclude(roadmap=except_in)
    new = new_paths or {}
    rows = steps.order_by().values_list("roadmap__slug", "slug", "needs")
    return {
        f"{roadmap}/{slug}": [new.get(path, path) for path in needs]
        for roadmap, slug, needs in rows
    }


def find_circle(
    needs: Mapping[str, Sequence[str]], path: str, needed: str
) -> list[str]:
    """Return the paths of the circle from the step over `needed` back to itself, or
    [] if there is none.
    """
    before: dict[str, str] = {needed: path}
    waiting = [needed]
    while waiting:
        here = waiting.pop()
        if here == path:
            circle = [path]
            while circle[-1] != needed:
                circle.append(before[circle[-1]])
            return [path, *reversed(circle)]
        for each in needs.get(here, ()):
            if each not in before:
                before[each] = here
                waiting.append(each)
    return []


def explain_circle(circle: Sequence[str]) -> str:
    """Return what is wrong with the paths that `find_circle` found."""
    if len(set(circle)) == 1:
        return _("A step cannot need itself. Remove %(path)s.") % {"path": circle[0]}
    return _(
        "The steps would need each other in a circle: %(path)s. Remove one of these "
        "needs."
    ) % {"path": " → ".join(circle)}
