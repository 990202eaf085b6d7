"""No form that is filled in oddly gets a 500. `make fuzz` sends many more of them."""

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.addresses import list_addresses
from tests.fuzz.html_forms import read_forms
from tests.fuzz.site import IS_DRILL, repeat
from tests.fuzz.strategies import (
    ADMIN,
    Request,
    changed_forms,
    encode_form,
    fill_address,
)

# per form
ADMIN_EXAMPLES = 60 if IS_DRILL else 2
EXAMPLES = 15 if IS_DRILL else 2
QUERIES = ["", "?_popup=1", "?p=x"]


def find_forms(site, is_admin):
    """Return the forms of all pages, each once, with a person who sees it."""
    forms = {}
    for address in list_addresses():
        if address.startswith(ADMIN) != is_admin:
            continue
        path = fill_address(address)
        for person in ["editor"] if is_admin else ["visitor", "learner"]:
            page = site.get(path, person)
            if page.status_code == 200 and "html" in page.headers["Content-Type"]:
                for form in read_forms(page.text, path):
                    names = frozenset(name for name, _ in form.pairs)
                    forms.setdefault((form.path, names), (person, form))
    return list(forms.values())


def fuzz_form(site, person, form, number, examples):
    @repeat(examples, number)
    @given(changed_forms(form.pairs), st.sampled_from(QUERIES))
    def check(pairs, query):
        body, content_type = encode_form(pairs)
        headers = {"Sec-Fetch-Site": "same-origin"}
        path = form.path if "?" in form.path else form.path + query
        site.send(Request("POST", path, person, body, content_type, headers))

    check()


def test_no_form_of_the_admin_gets_a_500(fuzzed_site):
    forms = find_forms(fuzzed_site, is_admin=True)
    assert len(forms) > 20
    for number, (person, form) in enumerate(forms):
        fuzz_form(fuzzed_site, person, form, number, ADMIN_EXAMPLES)
    assert fuzzed_site.count >= 2_000 or not IS_DRILL


def test_no_other_form_gets_a_500(fuzzed_site):
    forms = find_forms(fuzzed_site, is_admin=False)
    assert len(forms) > 15
    for number, (person, form) in enumerate(forms):
        fuzz_form(fuzzed_site, person, form, number, EXAMPLES)
