"""Keep the steps of a section together when steps move."""

from collections.abc import Mapping, Sequence

from editing.subsequence import find_longest_ascending


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


def keep_together(
    sections: Mapping[int, int | None], order: Sequence[int]
) -> dict[int, int | None]:
    """Return the section of each step in its new order.

    `sections` has the sections of all steps in their old order, by step. Steps that
    stay where they are keep their section. A step that moves keeps it next to one of
    its neighbours; elsewhere it joins the section above.
    """
    indexes = {pk: index for index, pk in enumerate(sections)}
    unmoved = find_longest_ascending([indexes[pk] for pk in order])
    new: dict[int, int | None] = {}
    above = None
    for place, pk in enumerate(order):
        if indexes[pk] not in unmoved:
            rest = (each for each in order[place + 1 :] if indexes[each] in unmoved)
            neighbour = next(rest, None)
            below = above if neighbour is None else sections[neighbour]
            section = sections[pk]
            new[pk] = section if section in (above, below) else above
            if place == 0:
                new[pk] = below
        else:
            new[pk] = sections[pk]
        above = new[pk]
    return new
