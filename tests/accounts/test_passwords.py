"""What a password may be, on every form that takes a new one."""

import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.contrib.auth.password_validation import get_default_password_validators

from accounts.models import User
from accounts.passwords import Argon2PasswordHasher
from tests.accounts.test_sign_in import sign_in
from tests.accounts.test_sign_up import PATH

pytestmark = pytest.mark.django_db

ACCENTED = "crème brûlée à volonté"
# The hashers of the settings; tests hash fast with another one.
REAL = [
    "accounts.passwords.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]


def sign_up(client, password):
    return client.post(PATH, {"email": "new@example.com", "password1": password})


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
def test_any_twelve_characters_will_do_and_sign_in(client, password):
    assert sign_up(client, password).status_code == 302
    user = User.objects.get()
    assert user.check_password(password)
    assert sign_in(client, user.email, password).status_code == 302


@pytest.mark.parametrize(
    "password",
    ["elevenchars", "qwertyqwerty", "QwertyQwerty", "123456789012", "password12345678"],
)
def test_short_and_common_ones_are_refused(client, password):
    html = sign_up(client, password).content.decode()
    assert 'id="id_password1_error"' in html
    assert not User.objects.exists()


def test_ten_thousand_of_that_length_are_refused_offline():
    lists = [getattr(v, "passwords", ()) for v in get_default_password_validators()]
    common = {line for line in lists[2] if not line.startswith("# ")}
    assert len(common) == 10_000
    assert min(map(len, common)) == 12


@pytest.mark.parametrize(("set_in", "typed_in"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_it_is_the_same_however_the_keyboard_composes_it(client, set_in, typed_in):
    sign_up(client, unicodedata.normalize(set_in, ACCENTED))
    user = User.objects.get()
    typed = unicodedata.normalize(typed_in, ACCENTED)
    assert typed != unicodedata.normalize(set_in, ACCENTED)
    assert user.check_password(typed)


def test_letters_are_counted_not_their_parts(client):
    assert sign_up(client, unicodedata.normalize("NFD", "éàüéàü")).status_code == 200
    assert not User.objects.exists()


def test_it_is_hashed_with_argon2id(settings):
    settings.PASSWORD_HASHERS = REAL
    user = User.objects.create_user("ada@example.com", "a good long secret")
    hashed = get_hasher().decode(user.password)
    assert (identify_hasher(user.password).algorithm, hashed["variety"]) == (
        "argon2",
        "argon2id",
    )
    assert hashed["memory_cost"] >= 19_456
    assert hashed["time_cost"] >= 2
    assert user.check_password("a good long secret")


def test_an_older_hash_is_renewed_when_it_is_used(settings):
    settings.PASSWORD_HASHERS = REAL[1:]
    user = User.objects.create_user("ada@example.com", "a good long secret")
    settings.PASSWORD_HASHERS = REAL
    assert user.check_password("a good long secret")
    user.refresh_from_db()
    assert user.password.startswith("argon2")


def test_without_a_password_there_is_none_to_guess():
    user = User.objects.create_user("ada@example.com")
    assert not user.has_usable_password()
    assert not user.check_password("")


def test_no_more_than_two_are_hashed_at_once(monkeypatch):
    running, most = [], []

    def encode(self, password, salt):
        running.append(password)
        most.append(len(running))
        time.sleep(0.01)
        running.remove(password)
        return password

    monkeypatch.setattr(hashers.Argon2PasswordHasher, "encode", encode)
    hasher = Argon2PasswordHasher()
    with ThreadPoolExecutor(8) as threads:
        hashed = set(threads.map(hasher.encode, "abcdefgh", "12345678"))
    assert hashed == set("abcdefgh")
    assert max(most) <= 2
