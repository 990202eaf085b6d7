"""Which passwords are allowed, and how they are stored."""

import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.contrib.auth.password_validation import get_default_password_validators

from accounts.models import User
from accounts.passwords import Argon2PasswordHasher
from tests.accounts.actions import SIGN_UP, is_signed_in, sign_in

pytestmark = pytest.mark.django_db

ACCENTED = "crème brûlée à volonté"
# The hashers of the settings. Tests use a faster one.
ARGON2 = "accounts.passwords.Argon2PasswordHasher"
PBKDF2 = "django.contrib.auth.hashers.PBKDF2PasswordHasher"


def sign_up(client, password):
    return client.post(SIGN_UP, {"email": "new@example.com", "password1": password})


@pytest.mark.parametrize(
    "password",
    [
        "twelve chars",
        "738291640528",
        "aaaaaaaabbbbbbbbcc",
        "ü" * 150 + "🗿" * 150,
        "пароль из трёх слов",
        "  spaces at both ends  ",
        "كلمة مرور طويلة",
    ],
)
def test_any_twelve_characters_are_accepted(client, password):
    assert sign_up(client, password).status_code == 302
    user = User.objects.get()
    assert user.check_password(password)
    assert sign_in(client, user.email, password).status_code == 302


@pytest.mark.parametrize(
    "password",
    ["elevenchars", "qwertyqwerty", "QwertyQwerty", "123456789012", "password12345678"],
)
def test_short_and_common_passwords_are_refused(client, password):
    html = sign_up(client, password).content.decode()
    assert 'id="id_password1_error"' in html
    assert not User.objects.exists()


def test_a_password_of_megabytes_is_refused_before_it_is_read(client, user):
    password = "\ufdfa" * 300_000  # NFKC makes 18 characters of each
    response = sign_up(client, password)
    assert "Use at most 1,000 characters." in response.text
    assert sign_in(client, user.email, password).status_code == 200
    assert not is_signed_in(client)


def test_ten_thousand_common_passwords_of_that_length_are_refused():
    validators = get_default_password_validators()
    lists = [getattr(validator, "passwords", ()) for validator in validators]
    common = {line for line in lists[2] if not line.startswith("# ")}
    assert len(common) == 10_000
    assert min(map(len, common)) == 12


@pytest.mark.parametrize(("chosen_as", "typed_as"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_the_encoding_of_accents_does_not_matter(client, chosen_as, typed_as):
    sign_up(client, unicodedata.normalize(chosen_as, ACCENTED))
    user = User.objects.get()
    typed = unicodedata.normalize(typed_as, ACCENTED)
    assert typed != unicodedata.normalize(chosen_as, ACCENTED)
    assert user.check_password(typed)


def test_the_length_counts_letters_and_not_their_accents(client):
    assert sign_up(client, unicodedata.normalize("NFD", "éàüéàü")).status_code == 200
    assert not User.objects.exists()


def test_passwords_are_hashed_with_argon2id(settings):
    """At least as strong as the OWASP Password Storage Cheat Sheet recommends."""
    settings.PASSWORD_HASHERS = [ARGON2]
    user = User.objects.create_user("ada@example.com", "a good long secret")
    decoded = get_hasher().decode(user.password)
    assert identify_hasher(user.password).algorithm == "argon2"
    assert decoded["variety"] == "argon2id"
    assert decoded["memory_cost"] >= 19_456
    assert decoded["time_cost"] >= 2
    assert user.check_password("a good long secret")


def test_an_older_hash_is_renewed_when_it_is_used(settings, monkeypatch):
    monkeypatch.setattr(hashers.PBKDF2PasswordHasher, "iterations", 1000)
    settings.PASSWORD_HASHERS = [PBKDF2]
    user = User.objects.create_user("ada@example.com", "a good long secret")
    settings.PASSWORD_HASHERS = [ARGON2, PBKDF2]
    assert user.check_password("a good long secret")
    user.refresh_from_db()
    assert user.password.startswith("argon2")


def test_a_user_without_a_password_cannot_use_an_empty_one():
    user = User.objects.create_user("ada@example.com")
    assert not user.has_usable_password()
    assert not user.check_password("")


def test_at_most_two_passwords_are_hashed_at_once(monkeypatch):
    running, counts = [], []

    def encode(self, password, salt):
        running.append(password)
        counts.append(len(running))
        time.sleep(0.01)
        running.remove(password)
        return password

    monkeypatch.setattr(hashers.Argon2PasswordHasher, "encode", encode)
    hasher = Argon2PasswordHasher()
    with ThreadPoolExecutor(8) as threads:
        hashed = set(threads.map(hasher.encode, "abcdefgh", "12345678"))
    assert hashed == set("abcdefgh")
    assert max(counts) <= 2
