"""A roadmap's route as the list of rows that editors reorder.

The row of a step is named by the step's primary key. The row of a heading is named
`section-` and the primary key of the section, or `section-new` and a number if it is
not stored yet. The steps below a heading are in its section, so a section is never
interrupted. Steps above the first heading are in none, and so are steps below a row
`none-` and a number.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import count

from django.db import transaction
from django.utils.translation import gettext as _

from roadmaps.models import Roadmap, Step
from roadmaps.sections import Section

SECTION, NONE = "section-", "none-"


def find_interruption(sections: Sequence[int | None]) -> int | None:
    """Return the index of the first step that is between two steps of a section it is
    not in, or None. `sections` are those of the steps in their order.
    """
    last: dict[int, int] = {}
    for index, section in enumerate(sections):
        if section is None:
            continue
        if last.get(section, index - 1) != index - 1:
            return last[section] + 1
        last[section] = index
    return None


def is_section(row: str) -> bool:
    return row.startswith(SECTION)


def is_step(row: str) -> bool:
    return not row.startswith((SECTION, NONE))


def get_row_id(row: str) -> str:
    """Return the id of the row's element on the page."""
    return f"step_{row}" if is_step(row) else row


def find_new_row(rows: Collection[str]) -> str:
    """Return a row for another new section."""
    names = (f"{SECTION}new{number}" for number in count(1))
    return next(name for name in names if name not in rows)


def list_rows(steps: Sequence[Step], sections: Sequence[Section]) -> list[str]:
    """Return the rows of the stored steps and sections.

    A section without steps comes before the next one, or last. A retired step may be
    in the middle of a section that is not its own. It has no heading there.
    """
    last_places = {
        step.section_id: place
        for place, step in enumerate(steps)
        if not step.is_retired
    }
    used = {step.section_id for step in steps}
    waiting = [section.pk for section in sections]
    rows: list[str] = []
    current: int | None = None
    for place, step in enumerate(steps):
        own = step.section_id
        if own is None and current is not None and not step.is_retired:
            rows.append(f"{NONE}{place}")
            current = None
        elif own in waiting and (
            not step.is_retired or place > last_places.get(current, -1)
        ):
            empty = [pk for pk in waiting[: waiting.index(own)] if pk not in used]
            rows += [f"{SECTION}{pk}" for pk in (*empty, own)]
            waiting = [pk for pk in waiting if pk not in (*empty, own)]
            current = own
        rows.append(str(step.pk))
    return rows + [f"{SECTION}{pk}" for pk in waiting]


def assign_sections(rows: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Yield each step, with the section that it is in."""
    heading = None
    for row in rows:
        if is_step(row):
            yield row, heading
        else:
            heading = row if is_section(row) else None


def find_place(
    rows: Sequence[str], number: int, is_counted: Callable[[str], bool]
) -> int:
    """Return the place of the row that has this number among those that are counted.

    Both begin at 0. If there are fewer rows, it is the place after the last.
    """
    counted = [place for place, row in enumerate(rows) if is_counted(row)]
    return counted[number] if number < len(counted) else len(rows)


def find_end(rows: Sequence[str], start: int) -> int:
    """Return the place of the first heading from `start` on, or after the last row."""
    places = (place for place in range(start, len(rows)) if not is_step(rows[place]))
    return next(places, len(rows))


def move_section(rows: Sequence[str], section: str, number: int) -> list[str]:
    """Return the rows with a section and its steps moved to be the one of this number,
    from 0.
    """
    start = rows.index(section)
    end = find_end(rows, start + 1)
    others = [*rows[:start], *rows[end:]]
    place = find_place(others, number, is_section)
    return [*others[:place], *rows[start:end], *others[place:]]


@transaction.atomic
def move_to_section(step: Step, section: Section | None) -> None:
    """Move a step to the end of a section of its roadmap, and record the new order.

    Without a section, it moves to the end of the steps above the first heading.
    """
    roadmap = Roadmap.objects.select_for_update(no_key=True).get(pk=step.roadmap_id)
    steps = roadmap.steps.defer_large_fields()
    rows = list_rows(list(steps), list(roadmap.sections.all()))
    rows.remove(str(step.pk))
    start = rows.index(f"{SECTION}{section.pk}") + 1 if section else 0
    rows.insert(find_end(rows, start), str(step.pk))
    sections = {
        int(pk): int(heading.removeprefix(SECTION)) if heading else None
        for pk, heading in assign_sections(rows)
    }
    roadmap.reorder_steps(list(sections), sections)
    reason = _("Moved %(step)s to another section") % {"step": step.slug}
    Roadmap.objects.record([roadmap], reason)
