"""The roadmap page, in the words that its tests speak."""

import re

from playwright.sync_api import expect

from progress.models import StepProgress

ROADMAP = "/roadmaps/backend-developer/"


def control(page, title):
    """The button on a step's ring."""
    return page.get_by_role("button", name=re.compile(rf"^{title}, step \d+,"))


def row(page, title):
    return page.get_by_role("listitem").filter(has=control(page, title))


def more(page, title):
    """What opens the disclosure of a step's other states."""
    return page.locator("summary", has_text=f"More for {title}")


def total(page):
    return page.get_by_role("region", name="Progress")


def should_be(page, title, state, offered):
    """Expect a step's control to give its state and to offer the next."""
    expect(control(page, title)).to_have_accessible_name(
        re.compile(rf"^{title}, step \d+, {state}\. {offered}$")
    )


def stored(user):
    """What the database holds of somebody's progress: each marked step's state."""
    rows = StepProgress.objects.filter(user=user)
    return dict(rows.values_list("step__slug", "state"))
