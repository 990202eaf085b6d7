"""The roadmap page as assistive technology presents it."""

from playwright.sync_api import expect

from tests.browser.roadmap_page import ROADMAP

TOTALS = """
- region "Progress":
  - paragraph: 1 of 13 required
  - 'link "Continue: Choose a Backend Language"':
    - /url: "#choose-a-backend-language"
  - paragraph: 1 of 9 optional 1 skipped
- navigation "Show":
  - link "All 23"
  - link "To do 20"
  - link "Required 14"
  - link "Optional 9"
  - link "In progress 1"
  - link "Done 2"
"""

ROUTE = """
- list:
  - listitem:
    - button "Internet Fundamentals, step 1. Done. Undo"
    - heading "Internet Fundamentals" [level=2]
    - paragraph: Understand how the internet, DNS, hosting, browsers, and HTTP work.
    - paragraph:
      - text: Done
      - time: /3 May/
    - group: More for Internet Fundamentals
  - listitem:
    - button "Choose a Backend Language, step 2. In progress. Mark done"
    - heading "Choose a Backend Language" [level=2]
    - paragraph: Learn a backend programming language.
    - paragraph: In progress
    - paragraph:
      - link "Continue Choose a Backend Language"
      - button "Mark done Choose a Backend Language"
    - group: More for Choose a Backend Language
  - listitem:
    - button "Version Control Systems, step 3. Skipped. Mark done"
    - heading "Version Control Systems" [level=2]
    - paragraph: Learn Git and collaborative workflows.
    - paragraph: Skipped
    - group: More for Version Control Systems
  - listitem:
    - button "Relational Databases, step 4. Not started. Mark done"
    - heading "Relational Databases" [level=2]
    - paragraph: Master SQL databases and relational data modeling.
    - group: More for Relational Databases
  - listitem:
    - button "Authentication, step 5. Not started. Mark done"
    - heading "Authentication" [level=2]
    - paragraph: Implement secure authentication and authorization systems.
    - group: More for Authentication
  - listitem:
    - button "Learn About APIs, step 6. Not started. Mark done"
    - heading "Learn About APIs" [level=2]
    - paragraph: Design and develop scalable APIs.
    - group: More for Learn About APIs
  - listitem:
    - button "Caching, step 7, optional. Done. Undo"
    - heading "Caching" [level=2]
    - text: Optional
    - paragraph: Improve application performance using caching techniques.
    - paragraph:
      - text: Done
      - time: /3 May/
    - group: More for Caching
  - listitem:
    - button "Web Security, step 8. Not started. Mark done"
    - heading "Web Security" [level=2]
    - paragraph: Learn backend security fundamentals and best practices.
    - group: More for Web Security
"""

FRAME = """
- link "Skip to content"
- banner:
  - link "Cairn"
  - navigation "Site":
    - link "Roadmaps"
    - link "Progress"
    - link "Search"
    - group: Account
- main:
  - heading "Backend Developer Roadmap" [level=1]
  - region "Progress"
  - navigation "Show"
  - list
  - status
  - alert
- contentinfo:
  - group "Theme":
    - button "System" [pressed]
    - button "Light"
    - button "Dark"
"""


def test_the_frame_the_totals_and_the_first_eight_steps(open_page, user_with_progress):
    page = open_page(ROADMAP, user_with_progress)
    expect(page.locator("body")).to_match_aria_snapshot(FRAME)
    expect(page.get_by_role("main")).to_match_aria_snapshot(TOTALS)
    expect(page.get_by_role("main")).to_match_aria_snapshot(ROUTE)


def test_nothing_is_said_about_a_completion_that_is_not_there(
    open_page, user_with_progress
):
    page = open_page(ROADMAP, user_with_progress)
    expect(page.get_by_role("region")).to_have_count(1)
    expect(page.get_by_role("region")).to_have_accessible_name("Progress")
