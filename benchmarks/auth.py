"""Whether the time of an answer tells if an address has an account: it may not.

Each try is a POST of its own through the whole of Django, with the real password hash,
known and unknown addresses in turn. Mails are rendered and put into memory.
"""

import logging
import statistics
import sys
import time

from benchmarks.scratch import print_load, scratch_database

TRIES = 30
BUDGET = 50  # ms between the medians
PASSWORD = "correct horse battery staple"
PAGES = {
    "sign-up": ("/accounts/signup/", {"password1": PASSWORD}),
    "reset": ("/accounts/password/reset/", {}),
    "code": ("/accounts/login/code/", {}),
}


def milliseconds(path: str, fields: dict[str, str]) -> tuple[float, float]:
    """By the clock, and of the processor's time, which a busy machine distorts less."""
    from django.core.cache import cache
    from django.test import Client

    cache.clear()  # the limits are not what is measured
    client = Client()
    begun = time.perf_counter(), time.process_time()
    client.post(path, fields)
    wall, processor = time.perf_counter() - begun[0], time.process_time() - begun[1]
    return 1000 * wall, 1000 * processor


def measure() -> bool:
    """Print the medians, and return whether they are within the budget."""
    from allauth.account.models import EmailAddress

    from accounts.models import User

    known = "known@example.com"
    user = User.objects.create_user(known, PASSWORD)
    EmailAddress.objects.create(user=user, email=known, verified=True, primary=True)
    worst = 0.0
    print(f"{'known':>10} {'unknown':>10} {'apart':>10} {'processor':>10}")
    for page, (path, fields) in PAGES.items():
        tries: dict[str, list[tuple[float, float]]] = {"known": [], "unknown": []}
        for number in range(TRIES + 3):
            fresh = f"{page}{number}@example.com"
            for kind, address in (("known", known), ("unknown", fresh)):
                sent = {"email": address, **fields}
                tries[kind].append(milliseconds(path, sent))
        # The first three warm up templates and patterns.
        (known_wall, known_cpu), (unknown_wall, unknown_cpu) = (
            map(statistics.median, zip(*each[3:], strict=True))
            for each in tries.values()
        )
        apart = abs(known_wall - unknown_wall)
        worst = max(worst, apart)
        figures = (known_wall, unknown_wall, apart, abs(known_cpu - unknown_cpu))
        print(" ".join(f"{value:7.1f} ms" for value in figures), f" {page}")
    print(f"the medians of {TRIES} tries are at most {worst:.1f} of {BUDGET} ms apart;")
    print_load()
    return worst <= BUDGET


def main() -> None:
    with scratch_database():
        from django.conf import settings

        logging.disable()
        settings.DEBUG = False
        settings.ALLOWED_HOSTS = ["testserver"]
        settings.MAILERS = {
            "default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
        }
        if not measure():
            sys.exit("That tells known from unknown addresses.")


if __name__ == "__main__":
    main()
