"""Helpers for the tests of the roadmap page."""

import re

from playwright.sync_api import expect

from progress.models import StepProgress

ROADMAP = "/roadmaps/backend-developer/"


def tick_button(page, title):
    """The button in a step's ring."""
    return page.get_by_role("button", name=re.compile(rf"^{title}, step \d+"))


def step_row(page, title):
    return page.get_by_role("listitem").filter(has=tick_button(page, title))


def more_menu(page, title):
    """The summary that opens the buttons for a step's other states."""
    return page.locator("summary", has_text=f"More for {title}")


def undo_button(page, title):
    """The button that undoes the last mark on a step, below its summary."""
    return page.get_by_role("button", name=re.compile(f"^Undo {title}$"))


def totals(page):
    return page.get_by_role("region", name="Progress")


def expect_totals(page, required, optional):
    """Expect the totals to say counts such as "1 of 13" and "1 of 9"."""
    expect(totals(page)).to_contain_text(f"{required} required")
    expect(totals(page)).to_contain_text(f"{optional} optional")


def expect_step(page, title, state, action):
    """Expect a step's button to name the step's state and the button's action."""
    step = rf"{title}, step \d+(, optional)?"
    expect(tick_button(page, title)).to_have_accessible_name(
        re.compile(rf"^{step}\. {state.capitalize()}\. {action}$")
    )


def stored_states(user):
    """The user's stored states by the steps' slugs."""
    rows = StepProgress.objects.filter(user=user)
    return dict(rows.values_list("step__slug", "state"))


def show_tab_again(page):
    """Tell the page that its tab became visible: headless Chromium never hides one."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
