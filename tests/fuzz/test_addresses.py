"""No request, however odd, gets a 500. `make fuzz` sends many more of them."""

from hypothesis import given

from tests.fuzz.addresses import list_addresses
from tests.fuzz.site import IS_DRILL, repeat
from tests.fuzz.strategies import requests, worst_requests

EXAMPLES = 40 if IS_DRILL else 2  # per address


def fuzz_address(site, address, number):
    @repeat(EXAMPLES, number)
    @given(requests(address))
    def check(request):
        site.send(request)

    check()


def test_no_request_to_any_address_gets_a_500(fuzzed_site):
    for number, address in enumerate(list_addresses()):
        for request in worst_requests(address):
            fuzzed_site.send(request)
        fuzz_address(fuzzed_site, address, number)
    assert fuzzed_site.count >= 5_000 or not IS_DRILL
