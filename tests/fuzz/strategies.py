"""Hypothesis strategies for the parts of a request: valid, unusual and malformed."""

import json
import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode
from uuid import UUID

from django.conf import settings
from hypothesis import strategies as st

ADMIN = f"/{settings.ADMIN_PATH}"
PK = 1_000_000  # of the row of each model that fuzz.site creates
TASK_ID = str(UUID(int=PK))
TOKEN = "a-token"  # of an invitation to a group
PERSONS = ["editor", "learner", "visitor"]
PLACEHOLDER = re.compile(r"<(\w+)>")

NUMBERS = [
    *(str(PK), "0", "1", "-1", "1.5", "1e9", "NaN", "Infinity", "0x10", "1_000"),
    *("00001", " 1 ", "+1", str(2**31), str(2**63), "-" + str(2**63), "9" * 4301),
    *("٣", "²", "1\u200b", "x"),
]
TEXTS = [
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\r\n",
        "a\r\nSet-Cookie: x=y",
        "\ud800",
        "\ufffe",
        "\x7f",
    ),
    *("'\"><script>", "%", "%00", "%s", "{0}", "{{ x }}", "..", "../../etc/passwd"),
    *("//[x]", "http://[", "//example.org", "javascript:alert(1)", "/\\example.org"),
    *("a" * 300, "💥" * 300, "\u202e\u05d0", "\u200b", "İı", "ﬀ", "(", "[", "\\", "*"),
    *("null", "[]", "{}", '{"a":', "true", "cooking", "cooking/boil", "boil", "done"),
    *("a@example.com", "a@[", "a" * 70_000, "[" * 50_000),
]
values = st.sampled_from(TEXTS) | st.sampled_from(NUMBERS) | st.text(max_size=20)

# The usual values of placeholders. For all others it is PK.
USUAL_VALUES = {
    "object_id": [str(PK), str(PK), TASK_ID],
    "slug": ["boil", "cooking"],
    "roadmap_slug": ["cooking"],
    "token": [TOKEN],
    "state": ["done", "learning", "none"],
    "extension": ["json", "csv", "md"],
    "app_label": ["roadmaps", "accounts"],
    "url": ["nowhere/", "roadmaps"],
}
QUERY_NAMES = [
    *("next", "q", "show", "undo", "notes", "p", "page", "saved", "since", "code"),
    *(
        "state",
        "process",
        "_to_field",
        "_popup",
        "_changelist_filters",
        "o",
        "e",
        "all",
    ),
    *("id__exact", "title__regex", "slug__in", "roadmap__id__exact", "roadmap__x"),
    *("is_retired__exact", "is_optional__isnull", "used_at__isempty", "pk__range"),
    *("date_joined__year", "date_joined__gte", "history__in", "password__startswith"),
    *("app_label", "model_name", "field_name", "term", "roadmap", "position", "format"),
]
FIELD_NAMES = [
    *("login", "password", "password1", "email", "code", "name", "credential", "text"),
    *("base_version", "page", "undo", "theme", "time_zone", "next", "action", "file"),
    *("section", "session_id", "remember", "action_add", "action_remove", "token"),
    *("_selected_action", "select_across", "index", "post", "_save", "_saveasnew"),
    *("_popup", "_to_field", "_continue", "title", "slug", "summary", "body", "into"),
    *("order", "place", "version", "meaning", "sealed", "resources-TOTAL_FORMS"),
    *("role", "purpose", "due_on", "last_day", "max_uses", f"due_{PK}"),
    *("new_section", "new_section_before", "moved", "moved_to", "in_section"),
    *(
        "resources-INITIAL_FORMS",
        "form-TOTAL_FORMS",
        "form-0-id",
        "csrfmiddlewaretoken",
    ),
]
METHODS = ["POST"] * 4 + ["GET"] * 3
METHODS += ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
BODY_KINDS = ["form", "multipart", "multipart without an end", "too many fields"]
BODY_KINDS += ["JSON", "bytes"]
BOUNDARY = "b0undary"

type Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    person: str = "visitor"
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def to_query(pairs: Pairs) -> str:
    return urlencode([(encode(name), encode(value)) for name, value in pairs])


def to_multipart(pairs: Pairs) -> bytes:
    """Return the pairs as parts. The field `file` is a file."""
    lines = []
    for name, value in pairs:
        filename = f'; filename="{value[:80]}"' if name == "file" else ""
        lines += [
            f"--{BOUNDARY}",
            f'Content-Disposition: form-data; name="{name}"{filename}',
            *(["Content-Type: application/octet-stream"] if filename else []),
            "",
            value,
        ]
    return encode("\r\n".join([*lines, f"--{BOUNDARY}--", ""]))


def header_values() -> st.SearchStrategy[str]:
    """Values as WSGI has them: bytes as Latin-1, and none that ends the header."""
    return values.map(
        lambda text: re.sub(r"[\r\n\0]", "", encode(text[:4000]).decode("latin-1"))
    )


headers = st.fixed_dictionaries(
    {},
    optional={
        "HX-Request": st.sampled_from(["true", "false", ""]),
        "HX-Target": st.just("div#notes_found") | header_values(),
        "HX-Current-URL": header_values(),
        "Sec-Fetch-Site": st.sampled_from(["same-origin", "cross-site", "none", ""]),
        "Origin": st.sampled_from(["null", "http://testserver"]) | header_values(),
        "Referer": header_values(),
        "Cookie": header_values().map(lambda value: f"theme={value}; {value}")
        | header_values().map(lambda value: f"sessionid={value}; csrftoken={value}"),
        "Accept-Language": header_values(),
        "Accept-Encoding": header_values(),
        "If-None-Match": header_values(),
        "If-Modified-Since": header_values(),
        "Range": header_values(),
        "User-Agent": header_values(),
        "X-Forwarded-For": header_values(),
        "X-Request-ID": header_values(),
        "X-Requested-With": st.just("XMLHttpRequest"),
    },
)


@st.composite
def paths(draw: st.DrawFn, address: str) -> str:
    """The address with values for its placeholders, and often a query."""

    def fill(placeholder: re.Match[str]) -> str:
        usual = st.sampled_from(USUAL_VALUES.get(placeholder[1], [str(PK)]))
        unusual = st.sampled_from(NUMBERS) if "id" in placeholder[1] else values
        return quote(encode(draw(usual if draw(st.booleans()) else unusual)), safe="")

    path = PLACEHOLDER.sub(fill, address)
    names = st.sampled_from(QUERY_NAMES) | values
    query = draw(st.lists(st.tuples(names, values), max_size=4))
    return f"{path}?{to_query(query)}" if query else path


def fill_address(address: str) -> str:
    """Return the address of a page that exists: usual values for its placeholders."""
    values = {name: usual[0] for name, usual in USUAL_VALUES.items()}
    values["slug"] = "boil" if "<roadmap_slug>" in address else "cooking"
    values["object_id"] = TASK_ID if "dbtaskresult" in address else str(PK)
    return PLACEHOLDER.sub(lambda match: values.get(match[1], str(PK)), address)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[bytes, str]:
    """A body and its content type, which may not fit."""
    pairs = draw(
        st.lists(st.tuples(st.sampled_from(FIELD_NAMES) | values, values), max_size=8)
    )
    match draw(st.sampled_from(BODY_KINDS)):
        case "form":
            body = to_query(pairs).encode()
        case "multipart":
            body = to_multipart(pairs)
        case "multipart without an end":
            body = to_multipart(pairs)[:-20]
        case "too many fields":
            body = to_query([("order", "1")] * 5001).encode()
        case "JSON":
            body = json.dumps(dict(pairs)).encode()
        case _:
            body = draw(st.binary(max_size=50))
    content_type = draw(
        st.sampled_from(
            [
                "application/x-www-form-urlencoded",
                f"multipart/form-data; boundary={BOUNDARY}",
                "multipart/form-data",
                "multipart/form-data; boundary=" + "x" * 300,
                "application/json",
                # The server refuses other charsets before Django reads the request.
                "text/plain; charset=utf-8",
                "x",
                "",
            ]
        )
    )
    return body, content_type


@st.composite
def requests(draw: st.DrawFn, address: str) -> Request:
    """Any request to the address: any person, method, query, body and headers."""
    people = (
        PERSONS[:1] if address.startswith(ADMIN) and draw(st.booleans()) else PERSONS
    )
    method = draw(st.sampled_from(METHODS))
    body, content_type = draw(bodies()) if draw(st.booleans()) else (b"", "")
    # Most requests must pass the check of their origin to be of interest.
    usual = {"Sec-Fetch-Site": "same-origin"}
    return Request(
        method,
        draw(paths(address)),
        draw(st.sampled_from(people)),
        body,
        content_type,
        usual | draw(headers),
    )


def worst_requests(address: str) -> list[Request]:
    """Requests with an id that Python refuses to parse, if the address has an id."""
    path = PLACEHOLDER.sub("9" * 4301, address)
    return [
        Request(method, path, "editor") for method in ("POST", "GET") if path != address
    ]


# How to change a form before it is sent.

FORM_SIZES = ["TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS"]
BUTTONS = ["_saveasnew", "_addanother", "_continue", "_popup", "_to_field", "post"]
ADDED_FIELDS = [
    *("action", "_selected_action", "select_across", "index", "order", "place"),
    *("version", "meaning", "id", "resources-0-id", "resources-0-step", "slug"),
    *("resources-0-DELETE", "resources-0-ORDER", "resources-__prefix__-url"),
    *(f"resources-{size}" for size in FORM_SIZES),
    *(f"form-{size}" for size in FORM_SIZES),
]
buttons = st.sets(st.sampled_from(BUTTONS), max_size=2).map(sorted)
form_values = values | st.sampled_from(["1000000000", "-1", "1000", "on"])


@st.composite
def changed_forms(draw: st.DrawFn, pairs: Pairs) -> Pairs:
    """The fields of a form with up to four changed, removed, repeated or added."""
    pairs = [*pairs, *((name, "1") for name in draw(buttons))]
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["change", "change", "remove", "repeat", "add"]))
        index = draw(st.integers(0, 200))
        value = draw(form_values)
        if kind == "add" or not pairs:
            pairs.append((draw(st.sampled_from(ADDED_FIELDS)), value))
            continue
        name, old = pairs[index % len(pairs)]
        match kind:
            case "change":
                pairs[index % len(pairs)] = name, value
            case "remove":
                pairs = [pair for pair in pairs if pair[0] != name]
            case "repeat":
                pairs += [(name, old), (name, value)]
    return pairs


def encode_form(pairs: Pairs) -> tuple[bytes, str]:
    """Return the body and its content type: multipart if the form has a file."""
    if any(name == "file" for name, _ in pairs):
        return to_multipart(pairs), f"multipart/form-data; boundary={BOUNDARY}"
    return to_query(pairs).encode(), "application/x-www-form-urlencoded"
