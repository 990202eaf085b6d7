"""manage.py check_links [SLUG…]"""

import json
import socket
import threading
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime
from io import StringIO
from urllib.parse import urldefrag

import hypothesis
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from editing.link_check import BusyHostError, EndedError, Manners, Turns, check, follow
from editing.links import web_links
from editing.outside import is_public
from roadmaps.models import Resource
from tests.editing.server import (
    PUBLIC,
    Internet,
    Server,
    certificate_for,
    running,
)
from tests.factories import RoadmapFactory, StepFactory

VERSION = settings.VERSION
QUICK = {
    "pause": 0,
    "backoff": 0,
    "retries": 1,
    "connect-timeout": 5,
    "read-timeout": 5,
    "total-timeout": 5,
}


@pytest.fixture
def server():
    with running(Server()) as server:
        yield server


@pytest.fixture
def internet(monkeypatch, server):
    """Nothing but `site.example`, which is `server`, at a public address."""
    internet = Internet(monkeypatch)
    internet.add("site.example", server)
    return internet


@pytest.fixture
def step(db):
    return StepFactory(slug="caching", roadmap=RoadmapFactory(slug="backend"))


@pytest.fixture
def link(step):
    """A function that makes each address a resource of the step."""

    def link(*urls):
        for url in urls:
            Resource.objects.create(step=step, title="Caches", url=url, kind="docs")

    return link


def run(*arguments, **options):
    """What the command prints, and the code with which it ends."""
    out = StringIO()
    flags = {**QUICK, **options}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in flags.items()]
    try:
        call_command("check_links", *words, *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), error.returncode
    return out.getvalue(), 0


def report(*arguments, **options):
    return json.loads(run("--json=-", *arguments, **options)[0])


@pytest.fixture
def found(link, server):
    """A function that returns what is found at an address, of this machine by its path,
    where private addresses are allowed.
    """

    def found(path, answer=None, **options):
        is_here = path.startswith("/")
        if answer:
            server.pages[urldefrag(path).url] = answer
        link(f"http://127.0.0.1:{server.port}{path}" if is_here else path)
        allowed = ["--allow-private"] if is_here else []
        return report(*allowed, **options)["links"][-1]

    return found


def verdict(finding):
    return finding["verdict"], finding["reason"]


def to_get(answer):
    """Answers GET so, and refuses HEAD."""

    def answer_either(request):
        if request.method == "HEAD":
            request.say(405)
        else:
            answer(request)

    return answer_either


def in_turn(*answers):
    left = iter(answers)
    return lambda request: request.say(*next(left))


class TestWhatIsFine:
    def test_a_page_that_is_there(self, found, server):
        assert verdict(found("/", (200,))) == ("fine", "")
        assert server.asked == [("HEAD", "/")]

    @pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
    def test_one_whose_server_refuses_head(self, found, server, status):
        finding = found("/", in_turn((status,), (200, {}, b"Hello")))
        assert verdict(finding) == ("fine", "")
        assert server.asked == [("HEAD", "/"), ("GET", "/")]

    def test_one_whose_server_breaks_off_at_head(self, found):
        def answer(request):
            if request.method == "HEAD":
                request.reset()
            else:
                request.say(200)

        assert verdict(found("/", answer)) == ("fine", "")

    @pytest.mark.parametrize("status", [302, 303, 307])
    def test_one_that_is_elsewhere_for_now(self, found, server, status):
        server.pages["/there"] = (200,)
        assert verdict(found("/", (status, {"Location": "/there"}))) == ("fine", "")

    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_one_that_is_there_when_asked_again(self, found, status):
        assert verdict(found("/", in_turn((status,), (status,), (200,))))[0] == "fine"

    def test_one_whose_body_never_ends(self, found):
        @to_get
        def answer(request):
            request.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                request.write(b"x" * 65_536)

        assert verdict(found("/", answer)) == ("fine", "")

    def test_one_whose_body_never_comes(self, found):
        @to_get
        def answer(request):
            request.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
            request.wait()

        assert verdict(found("/", answer)) == ("fine", "")

    def test_a_fragment_is_not_sent(self, found, server):
        server.pages["/page?a=b"] = (200,)
        assert verdict(found("/page?a=b#there")) == ("fine", "")
        assert server.asked == [("HEAD", "/page?a=b")]

    def test_a_path_beyond_ascii_is_sent_in_utf_8(self, found, server):
        server.pages["/stra%C3%9Fe?q=%C3%BC"] = (200,)
        assert verdict(found("/straße?q=ü")) == ("fine", "")

    def test_a_host_beyond_ascii_is_asked_by_its_other_name(
        self, found, internet, server
    ):
        internet.add("xn--bcher-kva.example", server)
        server.pages["/"] = (200,)
        assert verdict(found("http://bücher.example/")) == ("fine", "")
        assert server.requests[0][2]["host"] == "xn--bcher-kva.example"


class TestWhatHasMoved:
    @pytest.mark.parametrize("status", [301, 308])
    def test_for_good_is_told_with_its_new_address(self, found, server, status):
        server.pages["/there"] = (200,)
        finding = found("/", (status, {"Location": "/there"}))
        assert finding["verdict"] == "moved"
        assert finding["address"] == f"http://127.0.0.1:{server.port}/there"

    def test_as_far_as_it_is_for_good(self, found, server):
        server.pages |= {
            "/b": (308, {"Location": "/c"}),
            "/c": (302, {"Location": "/d"}),
            "/d": (301, {"Location": "/e"}),
            "/e": (200,),
        }
        finding = found("/a", (301, {"Location": "/b"}))
        assert finding["address"].endswith("/c")

    def test_a_fragment_comes_along_unless_there_is_a_new_one(self, found, server):
        server.pages |= {"/there": (200,), "/b": (301, {"Location": "/there#new"})}
        finding = found("/a#old", (301, {"Location": "/there"}))
        assert finding["address"].endswith("/there#old")
        assert found("/b#old")["address"].endswith("/there#new")

    def test_a_fragment_on_the_way_comes_along_too(self, found, server):
        server.pages |= {"/b": (301, {"Location": "/c"}), "/c": (200,)}
        finding = found("/a", (301, {"Location": "/b#there"}))
        assert finding["address"].endswith("/c#there")

    def test_an_address_beyond_ascii_is_understood(self, found, server):
        server.pages["/stra%C3%9Fe"] = (200,)
        finding = found("/", (301, {"Location": "/straße"}))
        assert finding["verdict"] == "moved"

    def test_nothing_of_it_reaches_a_terminal_unescaped(self, found, server):
        server.pages["/%1B%5B31m"] = (200,)
        finding = found("/", (301, {"Location": "/\x1b[31m"}))
        assert finding["verdict"] == "moved"
        assert "\x1b" not in finding["address"]

    def test_from_http_to_https(self, found, internet, tmp_path, monkeypatch, server):
        certificate = certificate_for("safe.example", tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        server.pages["/"] = (301, {"Location": "https://safe.example/"})
        with running(Server(certificate)) as safe:
            safe.pages["/"] = (200,)
            internet.add("safe.example", safe, "93.184.215.15")
            finding = found("http://site.example/")
        assert finding["verdict"] == "moved"
        assert finding["address"] == "https://safe.example/"


class TestWhatIsGone:
    @pytest.mark.parametrize(
        ("status", "said"), [(404, "404 Not Found"), (410, "410 Gone")]
    )
    def test_says_so(self, found, server, status, said):
        assert verdict(found("/", (status,))) == ("gone", f"it answers {said}")
        assert server.asked == [("HEAD", "/"), ("GET", "/")]

    def test_where_a_redirect_leads(self, found, server):
        finding = found("/", (301, {"Location": "/nowhere"}))
        address = f"http://127.0.0.1:{server.port}/nowhere"
        assert verdict(finding) == (
            "gone",
            f"it leads to {address}: it answers 404 Not Found",
        )

    def test_with_its_host(self, found, internet):
        assert verdict(found("http://gone.example/")) == (
            "gone",
            "its host does not exist",
        )

    def test_when_nobody_listens(self, link):
        with socket.socket() as mute:
            mute.bind(("127.0.0.1", 0))
            link(f"http://127.0.0.1:{mute.getsockname()[1]}/")
            finding = report("--allow-private")["links"][0]
        assert verdict(finding) == ("gone", "it takes no connection")

    @pytest.mark.parametrize(
        "answer",
        [
            lambda request: request.wait(),
            lambda request: (request.write(b"HTTP/1.1 200 OK\r\n"), request.wait()),
        ],
        ids=["nothing", "half a head"],
    )
    def test_when_it_is_silent(self, found, answer):
        assert verdict(found("/", answer, read_timeout=0.1, retries=0)) == (
            "gone",
            "it does not answer in time",
        )

    @pytest.mark.parametrize(
        "drop", [b"x", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["bytes", "promises"]
    )
    def test_when_it_goes_on_saying_nothing(self, found, drop):
        def answer(request):
            request.write(b"HTTP/1.1 100 Continue\r\n\r\n" if b"H" in drop else b"H")
            while not request.server.is_over.wait(0.01):
                request.write(drop)

        finding = found("/", answer, total_timeout=0.3, retries=0)
        assert verdict(finding) == ("gone", "it does not answer in time")

    def test_when_its_head_is_cut_off_for_the_time_it_takes(self, found):
        def answer(request):
            request.write(b"HTTP/1.1 200 OK\r\n")
            while not request.server.is_over.wait(0.01):
                request.write(b"X-A: b\r\n")

        # Else its hundred lines would be too many before it is over.
        finding = found("/", answer, total_timeout=0.2, retries=0)
        assert verdict(finding) == ("gone", "it does not answer in time")

    def test_when_it_breaks_off(self, found):
        assert verdict(found("/", lambda request: request.reset())) == (
            "gone",
            "it breaks the connection off",
        )

    @pytest.mark.parametrize(
        "garbage",
        [
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"\0\xff\xfe" * 100,
            b"HTTP/1.1 abc\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        ],
        ids=["ssh", "bytes", "status", "long line", "many lines", "two lengths"],
    )
    def test_when_it_does_not_speak_http(self, found, garbage):
        finding = found("/", lambda request: request.write(garbage))
        assert verdict(finding) == ("gone", "what it answers is not HTTP")


class TestWhateverAServerSays:
    def test_something_is_found(self, server, caplog):
        manners = Manners("", pause=0, backoff=0, retries=0, allow_private=True)
        page = f"http://127.0.0.1:{server.port}/"

        @given(st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n"]), st.binary())
        @hypothesis.settings(max_examples=50, deadline=None)
        def try_bytes(start, data):
            server.pages["/"] = lambda request: request.write(start + data)
            assert follow(page, manners, Turns(manners)).verdict

        try_bytes()
        assert caplog.records == []


class TestTls:
    @pytest.fixture
    def safe(self, internet, tmp_path):
        """A function that serves TLS at `safe.example` with a certificate of its own
        for a host, and returns the certificate.
        """
        servers = []

        def safe(host="safe.example", **options):
            certificate = certificate_for(host, tmp_path, **options)
            context = running(Server(certificate))
            server = context.__enter__()
            servers.append(context)
            server.pages["/"] = (200,)
            internet.add("safe.example", server)
            return certificate

        yield safe
        for context in servers:
            context.__exit__(None, None, None)

    @pytest.fixture
    def trusted(self, safe, monkeypatch):
        def trusted(*args, **kwargs):
            monkeypatch.setenv("SSL_CERT_FILE", str(safe(*args, **kwargs)))

        return trusted

    def test_with_a_certificate_that_is_trusted_is_fine(self, found, trusted):
        trusted()
        assert verdict(found("https://safe.example/")) == ("fine", "")

    def test_with_one_that_signed_itself_is_gone(self, found, safe):
        safe()
        assert verdict(found("https://safe.example/")) == (
            "gone",
            "its certificate is not valid: self-signed certificate",
        )

    def test_with_one_of_another_host_is_gone(self, found, trusted):
        trusted("other.example")
        assert "Hostname mismatch" in found("https://safe.example/")["reason"]

    def test_with_one_that_has_expired_is_gone(self, found, trusted):
        trusted(days=-1)
        assert verdict(found("https://safe.example/")) == (
            "gone",
            "its certificate is not valid: certificate has expired",
        )

    def test_where_none_is_spoken_is_gone(self, found, internet):
        kind, reason = verdict(found("https://site.example/"))
        assert kind == "gone"
        assert reason.startswith("TLS fails")


class TestWhatIsUnclear:
    @pytest.mark.parametrize(
        ("status", "said"),
        [
            (401, "401 Unauthorized"),
            (403, "403 Forbidden"),
            (451, "451 Unavailable For Legal Reasons"),
            (999, "999"),
            (300, "300 Multiple Choices"),
            (304, "304 Not Modified"),
        ],
    )
    def test_an_answer_that_does_not_say_it_is_gone(self, found, status, said):
        assert verdict(found("/", (status,))) == ("unclear", f"it answers {said}")

    def test_a_redirect_without_an_address(self, found):
        assert verdict(found("/", (302,))) == ("unclear", "it answers 302 Found")

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_a_server_in_trouble_that_was_asked_again(self, found, server, status):
        assert verdict(found("/", (status,), retries=2))[0] == "unclear"
        assert Counter(server.asked) == {("HEAD", "/"): 1, ("GET", "/"): 3}

    def test_redirects_in_a_circle(self, found, server):
        server.pages["/b"] = (302, {"Location": "/a#again"})
        kind, reason = verdict(found("/a", (302, {"Location": "/b"})))
        assert kind == "unclear"
        assert reason.startswith("it redirects in a circle")

    def test_redirects_without_an_end(self, found, server):
        for number in range(50):
            server.pages[f"/{number}"] = (301, {"Location": f"/{number + 1}"})
        assert verdict(found("/0")) == ("unclear", "it redirects more than 10 times")
        assert len(server.asked) == 11

    @pytest.mark.parametrize(
        "target",
        ["mailto:a@b.example", "file:///etc/passwd", "http://a b/", "http://a:99999/"],
    )
    def test_redirects_off_the_web(self, found, target):
        kind, reason = verdict(found("/", (302, {"Location": target})))
        assert kind == "unclear"
        assert reason.endswith("it is no web address")

    def test_what_is_no_address(self, found):
        assert verdict(found("http://a b/")) == ("unclear", "it is no web address")

    def test_a_host_that_nobody_could_be_asked_for(self, found, internet):
        internet.ips["away.example"] = socket.gaierror(socket.EAI_AGAIN, "later")
        assert verdict(found("http://away.example/")) == (
            "unclear",
            "its host could not be looked up",
        )

    @pytest.mark.parametrize("host", ["a" * 64 + ".example", "xn--a.example"])
    def test_a_host_that_cannot_be(self, found, internet, host):
        assert found(f"http://{host}/")["verdict"] == "gone"


PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "127.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%2",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


class TestPrivateAddresses:
    @pytest.mark.parametrize("ip", PRIVATE)
    def test_are_not_public(self, ip):
        assert not is_public(ip)

    @pytest.mark.parametrize(
        "ip",
        ["8.8.8.8", PUBLIC, "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"],
    )
    def test_others_are(self, ip):
        assert is_public(ip)

    @pytest.mark.parametrize("ip", PRIVATE)
    def test_are_never_connected_to(self, found, internet, server, ip):
        internet.add("inside.example", server, ip)
        assert verdict(found("http://inside.example/")) == (
            "unclear",
            f"inside.example is at {ip}, which is no public address",
        )
        assert internet.called == []

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"]
    )
    def test_in_any_spelling(self, found, internet, server, host):
        finding = found(f"http://{host}:{server.port}/")
        assert finding["verdict"] in ("unclear", "gone")
        assert internet.called == server.asked == []

    def test_among_public_ones_refuse_the_host(self, found, internet, server):
        internet.add("both.example", server, PUBLIC, "10.0.0.1")
        assert found("http://both.example/")["verdict"] == "unclear"
        assert internet.called == []

    def test_are_not_reached_by_a_redirect(self, found, internet, server):
        internet.add("inside.example", server, "10.0.0.1")
        server.pages["/"] = (302, {"Location": "http://inside.example/secret"})
        kind, reason = verdict(found("http://site.example/"))
        assert kind == "unclear"
        assert "inside.example is at 10.0.0.1" in reason
        assert internet.called == [PUBLIC]

    def test_are_not_reached_by_a_name_that_changes_its_mind(
        self, found, internet, server
    ):
        internet.ips_later["site.example"] = ["10.0.0.1"]
        server.pages["/"] = (200,)
        assert found("http://site.example/")["verdict"] == "fine"
        assert internet.called == [PUBLIC]

    def test_are_asked_when_that_is_allowed(self, found):
        assert found("/", (200,))["verdict"] == "fine"

    def test_a_proxy_of_the_environment_is_not_used(
        self, found, internet, server, monkeypatch
    ):
        monkeypatch.setenv("HTTP_PROXY", "http://10.0.0.1:3128")
        monkeypatch.setenv("ALL_PROXY", "http://10.0.0.1:3128")
        server.pages["/"] = (200,)
        assert found("http://site.example/")["verdict"] == "fine"
        assert internet.called == [PUBLIC]


class TestTheHost:
    def test_is_tried_at_its_next_address_when_one_takes_no_connection(
        self, found, internet, server
    ):
        server.pages["/"] = (200,)
        with running(Server()) as closed:
            pass
        internet.add("site.example", closed, "93.184.215.15")
        internet.ips["site.example"] = ["93.184.215.15", PUBLIC]
        assert found("http://site.example/")["verdict"] == "fine"
        assert internet.called == ["93.184.215.15", PUBLIC]

    def test_hears_who_asks(self, found, server):
        found("/", (200,), site="https://cairn.example")
        agent = server.requests[0][2]["user-agent"]
        assert agent == f"Cairn/{VERSION} (link check; +https://cairn.example)"

    def test_hears_of_no_site_when_there_is_none(self, found, server):
        found("/", (200,), site="")
        agent = server.requests[0][2]["user-agent"]
        assert agent == f"Cairn/{VERSION} (link check)"

    def test_hears_no_password_that_is_in_the_address(self, found, internet, server):
        server.pages["/"] = (200,)
        assert found("http://me:secret@site.example/")["verdict"] == "fine"
        assert "authorization" not in server.requests[0][2]

    def test_is_asked_one_thing_at_a_time(self, link, server):
        for number in range(6):
            server.pages[f"/{number}"] = (302, {"Location": "/0?"})
            link(f"http://127.0.0.1:{server.port}/{number}")
        run("--allow-private", hosts=6)
        assert server.most_at_a_time == 1

    def test_is_asked_one_thing_at_a_time_by_whoever_is_sent_there(
        self, link, internet, server
    ):
        ips = [f"93.184.215.{number}" for number in range(20, 24)]
        for ip in ips:
            internet.add(f"{ip[-2:]}.example", server, ip)
            link(f"http://{ip[-2:]}.example/")
        gathered = threading.Barrier(len(ips), timeout=5)

        def answer(request):
            gathered.wait()  # until all four are asked
            request.say(302, {"Location": "http://site.example/one"})

        def one(request):
            request.server.is_over.wait(0.05)  # so that others could come
            request.say(200)

        server.pages |= {"/": answer, "/one": one}
        links = report(hosts=4)["links"]
        assert [finding["verdict"] for finding in links] == ["fine"] * 4
        assert server.most_at_a_time == 1

    def test_is_asked_for_an_address_of_several_steps_once(self, link, server, step):
        server.pages["/"] = (200,)
        url = f"http://127.0.0.1:{server.port}/"
        link(url, f"{url}#a", f"{url}#b")
        other = StepFactory(roadmap=step.roadmap, slug="other")
        Resource.objects.create(step=other, title="Again", url=url, kind="docs")
        found = report("--allow-private")
        assert server.asked == [("HEAD", "/")]
        assert [place["step"] for place in found["links"][0]["places"]] == [
            "caching",
            "other",
        ]
        assert found["counts"]["fine"] == 3


class TestTurns:
    @pytest.fixture
    def waits(self, monkeypatch):
        """How long the turns waited, without their doing so."""
        waits = []

        def wait(self, timeout=None):
            waits.append(timeout)
            return self.is_set()

        monkeypatch.setattr(threading.Event, "wait", wait)
        return waits

    def test_leave_a_pause_at_a_host(self, waits):
        turns = Turns(Manners("", pause=50))
        for host in ("a.example", "a.example", "b.example"):
            with turns.at(host):
                pass
        assert [0 < wait <= 50 for wait in waits] == [False, True, False]

    def test_leave_the_host_alone_for_as_long_as_it_asks(self, waits):
        turns = Turns(Manners("", pause=0, longest_wait=60))
        with turns.at("a.example") as turn:
            turn.pause = 50
        with turns.at("a.example") as turn:
            turn.pause = 70
        with pytest.raises(BusyHostError), turns.at("a.example"):
            pass
        assert 0 < waits[1] <= 50

    def test_are_nobodys_after_the_end(self):
        turns = Turns(Manners(""))
        turns.end()
        with pytest.raises(EndedError), turns.at("a.example"):
            pass


class TestRetryAfter:
    @pytest.mark.parametrize(
        "later",
        ["3600", format_datetime(datetime(2100, 1, 1, tzinfo=UTC), usegmt=True)],
    )
    def test_that_is_too_long_holds_for_all_of_the_host(self, link, server, later):
        here = f"http://127.0.0.1:{server.port}"
        server.pages |= {"/": (429, {"Retry-After": later}), "/next": (200,)}
        link(f"{here}/", f"{here}/next")
        links = report("--allow-private", longest_wait=5)["links"]
        assert [finding["verdict"] for finding in links] == ["unclear"] * 2
        assert "its host is not to be asked for" in links[1]["reason"]
        assert server.asked == [("HEAD", "/")]

    def test_that_is_short_is_waited_for(self, found):
        answers = in_turn((429, {"Retry-After": "1"}), (200,))
        assert found("/", answers)["verdict"] == "fine"

    @pytest.mark.parametrize("nonsense", ["soon", "-1", "1e9", "\xff", "Mon, 99 May"])
    def test_that_is_nonsense_is_as_if_it_were_not_there(self, found, nonsense):
        answers = in_turn((503, {"Retry-After": nonsense}), (200,))
        assert found("/", answers)["verdict"] == "fine"

    def test_that_no_number_can_hold_is_for_ever(self, found):
        finding = found("/", (503, {"Retry-After": "9" * 400}))
        assert "is not to be asked" in finding["reason"]


class TestWhichLinks:
    def test_those_of_drafts_and_in_texts_but_not_of_retired_steps(self, server, step):
        url = f"http://127.0.0.1:{server.port}"
        step.body = f"Read [this]({url}/text), [that](/relative) and <{url}/too>."
        step.save()
        draft = RoadmapFactory(slug="draft", is_published=False)
        for slug, is_retired in [("open", False), ("retired", True)]:
            Resource.objects.create(
                step=StepFactory(roadmap=draft, slug=slug, is_retired=is_retired),
                url=f"{url}/{slug}",
                kind="docs",
            )
        run("--allow-private", retries=0)
        assert {path for _, path in server.asked} == {"/open", "/text", "/too"}

    def test_those_of_the_roadmaps_that_are_named(self, link, server, step):
        link(f"http://127.0.0.1:{server.port}/named")
        Resource.objects.create(
            step=StepFactory(),
            url=f"http://127.0.0.1:{server.port}/other",
            kind="docs",
        )
        run("backend", "--allow-private")
        assert {path for _, path in server.asked} == {"/named"}

    def test_a_roadmap_that_is_not_there_is_an_error(self, link, server):
        link(f"http://127.0.0.1:{server.port}/")
        assert run("backend", "nowhere")[1] == 2
        assert server.asked == []

    def test_none_are_fine(self, db):
        assert run() == ("0 links: 0 gone, 0 moved, 0 unclear, 0 fine\n", 0)

    def test_only_what_links_to_the_web_counts(self):
        html = (
            '<a href="https://a.example/?a=1&amp;b=2">A</a><a>B</a><a href>C</a>'
            '<a href="mailto:d@e.example">D</a><img src="https://e.example/">'
            '<a href="https://a.example/?a=1&amp;b=2">F</a>'
        )
        assert web_links(html) == ["https://a.example/?a=1&b=2"]


class TestTheReport:
    @pytest.fixture
    def links(self, link, server, step):
        server.pages |= {"/": (200,), "/old": (301, {"Location": "/"}), "/no": (403,)}
        here = f"http://127.0.0.1:{server.port}"
        link(*(f"{here}{path}" for path in ("/", "/old", "/no", "/gone")))
        return here

    def test_lists_what_asks_something_of_an_editor(self, links):
        assert run("--allow-private") == (
            f"""\
gone: {links}/gone
  it answers 404 Not Found
  in backend/caching: Caches

moved: {links}/old
  to {links}/
  in backend/caching: Caches

unclear: {links}/no
  it answers 403 Forbidden
  in backend/caching: Caches

4 links: 1 gone, 1 moved, 1 unclear, 1 fine
""",
            1,
        )

    def test_ends_with_0_when_nothing_is_gone(self, links):
        Resource.objects.filter(url__endswith="gone").delete()
        assert run("--allow-private")[1] == 0

    def test_is_written_as_json_beside_it(self, links, tmp_path):
        path = tmp_path / "links.json"
        said, code = run(f"--json={path}", "--allow-private")
        written = json.loads(path.read_text())
        assert code == 1
        assert "1 gone" in said
        assert written["counts"] == {"gone": 1, "moved": 1, "unclear": 1, "fine": 1}
        assert written["links"][1] == {
            "url": f"{links}/old",
            "verdict": "moved",
            "reason": "",
            "address": f"{links}/",
            "places": [{"roadmap": "backend", "step": "caching", "title": "Caches"}],
        }
        assert datetime.fromisoformat(written["checked_at"]).tzinfo

    def test_that_cannot_be_written_is_told_before_anybody_is_asked(
        self, links, server, tmp_path
    ):
        assert run(f"--json={tmp_path}/no/links.json", "--allow-private")[1] == 2
        assert server.asked == []

    def test_has_a_bar_on_a_terminal_only(self, links, monkeypatch):
        class Terminal(StringIO):
            def isatty(self):
                return True

        for stderr, is_shown in [(StringIO(), False), (Terminal(), True)]:
            monkeypatch.setattr("sys.stderr", stderr)
            run("--allow-private")
            assert ("0/4" in stderr.getvalue()) == is_shown

    @pytest.mark.parametrize(
        "option",
        [
            "--hosts=0",
            "--pause=-1",
            "--retries=x",
            "--total-timeout=nan",
            "--site=cairn",
            "--site=http://a b",
            "--none",
        ],
    )
    def test_options_that_cannot_be_meant_are_refused(self, links, server, option):
        with pytest.raises(CommandError):
            call_command("check_links", option)
        assert server.asked == []

    def test_is_given_up_when_somebody_interrupts(self, server):
        def interrupt():
            raise KeyboardInterrupt

        urls = [f"http://127.0.0.1:{server.port}/{number}" for number in range(9)]
        with pytest.raises(KeyboardInterrupt):
            check(urls, Manners("", pause=0, allow_private=True), interrupt)
        assert server.asked == [("HEAD", "/0"), ("GET", "/0")]
