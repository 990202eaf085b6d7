"""Print what PostgreSQL cannot make: an encoded password and the data of a session.

Everybody has the same ones, so that every session is valid for its person.
"""

import django


def main() -> None:
    django.setup()
    from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.hashers import make_password
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.models import User

    password = make_password("the password of everybody")
    user = User(pk=1, password=password)
    data = {
        SESSION_KEY: "1",
        HASH_SESSION_KEY: user.get_session_auth_hash(),
        "account_authentication_methods": [{"method": "password", "at": 1.8e9}],
    }
    print(password, SessionStore().encode(data))


if __name__ == "__main__":
    main()
