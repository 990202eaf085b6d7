"""What a person does on the account pages."""

import re

from tests.factories import PASSWORD


def sign_in(page, email, password=PASSWORD):
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def sign_up(page, email, password=PASSWORD):
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Create account").click()


def ask_for_reset(page, email):
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Send the code").click()


def enter_code(page, mail):
    code = re.search(r"^ {4}(\S+)$", mail.body, re.MULTILINE)[1]
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Confirm").click()
