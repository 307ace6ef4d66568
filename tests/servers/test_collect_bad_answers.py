"""Whatever Prometheus does wrong ends as one clear SourceError within the deadline, without a secret in it."""

from __future__ import annotations

import base64
import math
import socket
import time
import tracemalloc
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter.collect.figures import Figures
from newsletter.collect.prometheus import Prometheus
from newsletter.collect.retention import told_by_victoria_metrics
from newsletter.collect.tickets import measure
from newsletter.config import FigureConfig, PrometheusConfig, TicketsConfig
from newsletter.errors import SourceError
from newsletter.model import Count
from newsletter.period import month
from tests.servers import scripted as say

pytestmark = pytest.mark.servers

TOKEN, PASSWORD, HEADER = "tok-5d1f7e", "pass-77ab", "tenant-key-93c"
SECRETS = (TOKEN, PASSWORD, HEADER)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(("TEST_TOKEN", "TEST_PASSWORD", "TEST_HEADER"), SECRETS, strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def config(url: str, **more: Any) -> PrometheusConfig:
    return PrometheusConfig.model_validate(
        {"url": url, "timeout_s": 2, "bearer_token": "env:TEST_TOKEN", "headers": {"X-Key": "env:TEST_HEADER"}} | more
    )


def refusal(*replies: say.Reply, **more: Any) -> tuple[SourceError, say.Script, float]:
    """The error of one query against the script, what arrived, and how long it took."""
    with say.scripted(*replies) as script, Prometheus(config(script.url, **more)) as prometheus:
        began = time.monotonic()
        with pytest.raises(SourceError) as caught:
            prometheus.instant("up", 1.0)
        took = time.monotonic() - began
    assert not any(secret in caught.value.message + caught.value.hint for secret in SECRETS)
    assert script.url in caught.value.message
    assert "up" in caught.value.message
    assert "\n" not in caught.value.message
    return caught.value, script, took


def rows(*values: list[Any]) -> say.Reply:
    """A matrix whose series all have the same labels."""
    result = [{"metric": {"a": "b"}, "values": samples} for samples in values]
    return say.envelope(status="success", data={"resultType": "matrix", "result": result})


BAD_ANSWERS: dict[str, tuple[say.Reply, str]] = {
    "a bad query": (
        say.plain(b'{"status":"error","errorType":"bad_data","error":"parse error: unexpected }"}', 400),
        "400: parse error: unexpected }",
    ),
    "too much asked": (
        say.plain(b'{"status":"error","errorType":"execution","error":"too many samples"}', 422),
        "422: too many samples",
    ),
    "no right": (say.plain(b"go away", 403, "text/plain"), "403: go away"),
    "no such page": (say.plain(b"nothing here", 404, "text/plain"), "404: nothing here"),
    "a login page": (say.plain(b"<html>Sign in</html>", 200, "text/html; charset=utf-8"), "a login page?"),
    "JSON that ends early": (
        say.plain(b'{"status":"success","data":{"resultType":"vec'),
        "is not the JSON of Prometheus",
    ),
    "JSON without end": (say.plain(b"[" * 100_000), "is not the JSON of Prometheus"),
    "another JSON": (say.plain(b'["hello"]'), "is not the JSON of Prometheus"),
    "not even text": (say.plain(b"\xff\xfe\x00\x9f" * 9), "is not the JSON of Prometheus"),
    "nothing": (say.plain(b""), "is not the JSON of Prometheus"),
    "an error with 200": (say.envelope(status="error", error="store is gone", data={"result": []}), "store is gone"),
    "a part of the data": (say.vector(({}, "1"), warnings=["store 2 is unreachable"]), "store 2 is unreachable"),
    "a part, said in one text": (say.vector(({}, "1"), warnings="store 3 is away"), "partial answer: store 3 is away"),
    "a part of VictoriaMetrics' nodes": (say.vector(({}, "1"), isPartial=True), "partial answer: some of its storage"),
    "samples out of order": (rows([[2.0, "1"], [1.0, "2"]]), "samples out of order, or with a series twice"),
    "a sample twice": (rows([[1.0, "1"], [1.0, "1"]]), "samples out of order"),
    "a series twice": (rows([[1.0, "1"]], [[2.0, "1"]]), "a series twice"),
    "a time that is no number": (rows([["NaN", "1"]]), "samples out of order"),
    "no samples in a series": (rows([]), "no vector or matrix"),
    "half a sample": (rows([[1.0]]), "no vector or matrix"),
    "labels that are a list": (
        say.envelope(status="success", data={"result": [{"metric": [], "value": [1, "1"]}]}),
        "no vector or matrix",
    ),
    "a native histogram": (
        say.envelope(status="success", data={"result": [{"metric": {}, "histogram": [1, {"count": "1"}]}]}),
        "no vector or matrix",
    ),
    "no content": (say.plain(b"", 204), "answers 204: No Content"),
    "an error page": (
        say.plain(b"<html><head><title>Oops &amp; sorry</title></head></html>", 500, "text/html"),
        "answers 500: Oops & sorry",
    ),
    "packed, but not": (say.plain(b"never packed", Content_Encoding="gzip"), "cannot be unpacked"),
    "chunks that are none": (
        say.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"zebra\r\n{}\r\n0\r\n\r\n"),
        "cut its answer short",
    ),
    "a connection torn down": (say.reset, "cut its answer short"),
    "words that command a terminal": (
        say.plain(b'{"status":"error","error":"red \\u001b[31malert\\u0007\\nand \\u202enoitcerid"}', 400),
        "answers 400: red [31malert and noitcerid (",
    ),
    "a secret at the end of what is shown": (
        say.plain(f'{{"status":"error","error":"{"x" * 270} {TOKEN}"}}'.encode(), 400),
        f"{'x' * 270} ***",
    ),
    "a long speech": (say.plain(b"blah " * 5000, 500, "text/plain"), "answers 500: blah blah"),
    "a scalar": (
        say.envelope(status="success", data={"resultType": "scalar", "result": [1, "2"]}),
        "no vector or matrix",
    ),
    "a string": (
        say.envelope(status="success", data={"resultType": "string", "result": [1, "x"]}),
        "no vector or matrix",
    ),
    "no data": (say.envelope(status="success"), "no vector or matrix"),
    "words for numbers": (say.vector(({}, "many")), "no vector or matrix"),
    "a body cut short": (say.cut_short, "cut its answer short"),
    "a redirect": (
        say.plain(b"", 302, Location=f"https://u:{PASSWORD}@login.example/in?token={TOKEN}"),
        "redirects to https://login.example",
    ),
    "a redirect to nowhere": (say.plain(b"", 302, Location="http://["), "redirects to something that is no address"),
    "a redirect whose page has no end": (
        say.endless(b"HTTP/1.1 302 Found\r\nLocation: https://login.example\r\n\r\n", b" " * 65536),
        "redirects to https://login.example",
    ),
    "a secret given back": (
        say.plain(f'{{"status":"error","error":"bad token {TOKEN} and {HEADER}"}}'.encode(), 401),
        "bad token *** and ***",
    ),
}


@pytest.mark.parametrize("answer", BAD_ANSWERS)
def test_an_answer_that_cannot_be_trusted_is_refused_at_once(answer: str) -> None:
    reply, said = BAD_ANSWERS[answer]
    error, script, took = refusal(reply)
    assert said in error.message
    assert len(script.seen) == 1
    assert took < 1.5
    assert len(error.message) < 500
    assert error.hint.endswith(".")


@pytest.mark.parametrize(
    "slow",
    [
        say.silence,
        say.dripping,
        say.dripping_body,
        say.endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_one_deadline_covers_the_whole_answer(slow: say.Reply) -> None:
    error, _, took = refusal(slow, timeout_s=0.7)
    assert "within 0.7 s" in error.message
    assert 0.5 < took < 1.2


def test_an_overloaded_server_is_asked_again_and_then_quoted() -> None:
    error, script, took = refusal(say.plain(b'{"status":"error","error":"query queue is full"}', 503), timeout_s=30)
    assert "503: query queue is full" in error.message
    assert len(script.seen) == 4
    assert took < 6


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_server_that_recovers_is_not_an_error(status: int) -> None:
    busy = say.plain(b"busy", status, "text/plain", Retry_After="0")
    with say.scripted(busy, busy, say.vector(({"a": "b"}, "7"))) as script:
        with Prometheus(config(script.url)) as prometheus:
            assert prometheus.instant("up", 1.0).series[0].values == (7.0,)
        assert len(script.seen) == 3


def test_retry_after_is_honoured_and_never_beyond_the_deadline() -> None:
    error, script, took = refusal(say.plain(b"later", 503, "text/plain", Retry_After="3600"))
    assert "503" in error.message
    assert len(script.seen) == 1
    assert took < 1
    busy = say.plain(b"", 503, Retry_After="1")
    with say.scripted(busy, say.vector(({}, "1"))) as script, Prometheus(config(script.url)) as prometheus:
        began = time.monotonic()
        prometheus.instant("up", 1.0)
        assert time.monotonic() - began >= 1


def test_a_connection_closed_without_a_word_is_tried_again() -> None:
    with say.scripted(say.hang_up, say.vector(({}, "1"))) as script, Prometheus(config(script.url)) as prometheus:
        assert prometheus.instant("up", 1.0).series[0].values == (1.0,)


def test_a_server_that_is_down_is_named_within_the_deadline() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        began = time.monotonic()
        with (
            Prometheus(config(url, timeout_s=1)) as prometheus,
            pytest.raises(SourceError, match="cannot be reached") as caught,
        ):
            prometheus.instant("up", 1.0)
    assert time.monotonic() - began < 2
    assert "Connection refused" in caught.value.message
    assert url in caught.value.message


def test_a_name_that_does_not_exist_is_told() -> None:
    with (
        Prometheus(config("http://prometheus.invalid:9090", timeout_s=1)) as prometheus,
        pytest.raises(SourceError) as caught,
    ):
        prometheus.instant("up", 1.0)
    assert "http://prometheus.invalid:9090 cannot be reached" in caught.value.message


def test_an_answer_beyond_the_cap_is_not_read_to_its_end() -> None:
    big = say.plain(b" " * 4_000_000)
    error, _, _ = refusal(big, max_response_mb=1)
    assert "more than 1 MB" in error.message


@pytest.mark.parametrize(
    "reply",
    [
        say.endless(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65536),
        say.endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n"),
    ],
)
def test_an_answer_without_end_is_not_waited_for(reply: say.Reply) -> None:
    error, _, took = refusal(reply, max_response_mb=2, timeout_s=20)
    assert "more than 2 MB" in error.message
    assert "prometheus.max_response_mb" in error.hint
    assert took < 5


def test_a_packed_answer_that_unpacks_to_gigabytes_costs_no_memory() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([*(packer.compress(bytes(1 << 24)) for _ in range(16)), packer.flush()])  # 256 MiB of zeros
    assert len(bomb) < 300_000
    tracemalloc.start()
    try:
        error, _, _ = refusal(say.plain(bomb, Content_Encoding="gzip"), max_response_mb=1, timeout_s=20)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
    assert "more than 1 MB" in error.message


@pytest.mark.parametrize(
    "reply",
    [
        say.raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
        say.raw(b"\x00" * 400),
        say.endless(b"HTTP/1.1 200 OK\r\n", b"X-Header: again\r\n"),
        say.raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n"),
    ],
)
def test_what_is_not_http_is_given_up(reply: say.Reply) -> None:
    error, _, took = refusal(reply, timeout_s=1.2)
    assert "cannot be reached" in error.message
    assert took < 1.6


@pytest.mark.parametrize("told", ["soon", "-5", "Mon, 99 Jan 2026 00:00:00 GMT", "²", "9" * 400, ""])
def test_any_retry_after_ends_within_the_deadline(told: str) -> None:
    error, _, took = refusal(say.plain(b"", 503, Retry_After=told), timeout_s=1.2)
    assert "503" in error.message
    assert took < 1.5


def test_a_retry_after_that_is_a_date_is_waited_for() -> None:
    at = datetime.fromtimestamp(math.ceil(time.time()) + 1, UTC)
    busy = say.plain(b"", 503, Retry_After=format_datetime(at, usegmt=True))
    with say.scripted(busy, say.vector(({}, "1"))) as script, Prometheus(config(script.url, timeout_s=9)) as prometheus:
        prometheus.instant("up", 1.0)
    assert time.time() >= at.timestamp()


def test_the_kind_of_content_is_not_believed_but_the_content() -> None:
    body = b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"5"]}]}}'
    with say.scripted(say.plain(body, kind="text/html")) as script, Prometheus(config(script.url)) as prometheus:
        assert prometheus.instant("up", 1.0).series[0].values == (5.0,)


@pytest.mark.parametrize(
    "head", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: LENGTH\r\n\r\n"]
)
def test_an_answer_may_end_with_its_connection(head: bytes) -> None:
    body = b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"5"]}]}}'
    reply = say.raw(head.replace(b"LENGTH", str(len(body)).encode()), body[:40], body[40:])
    with say.scripted(reply) as script, Prometheus(config(script.url)) as prometheus:
        for _ in range(3):
            assert prometheus.instant("up", 1.0).series[0].values == (5.0,)


def test_a_server_is_reached_over_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "::1")
    with say.scripted(say.vector(({}, "1")), host="::1") as script, Prometheus(config(script.url)) as prometheus:
        assert prometheus.instant("up", 1.0).series[0].values == (1.0,)
    assert "[::1]" in script.url


def test_labels_come_back_as_they_are() -> None:
    odd = {"a": 'quote " and \\ and {b="c"}', "b": "two\nlines", "c": "café 🚀", "d": "\u202e"}
    with say.scripted(say.vector((odd, "1"))) as script, Prometheus(config(script.url)) as prometheus:
        assert prometheus.instant("up", 1.0).series[0].labels == odd


def test_passwords_and_tokens_of_any_script_are_sent_as_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_TOKEN", "tök-€")
    monkeypatch.setenv("TEST_PASSWORD", "päss-€")
    basic = {"bearer_token": None, "basic_auth": {"user": "ü", "password": "env:TEST_PASSWORD"}}
    with say.scripted(say.vector()) as script:
        for more in (basic, {}):
            with Prometheus(config(script.url, **more)) as prometheus:
                prometheus.instant("up", 1.0)
    kind, _, sent = script.seen[0].headers["Authorization"].partition(" ")
    assert (kind, base64.b64decode(sent).decode()) == ("Basic", "ü:päss-€")
    assert script.seen[1].headers["Authorization"].encode("latin-1").decode() == "Bearer tök-€"


# --- proxies ---------------------------------------------------------------------------------


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the proxy of the environment."""

    def through(url: str) -> None:
        monkeypatch.delenv("NO_PROXY")
        for name in ("no_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", url)

    return through


def test_the_proxy_of_the_environment_is_used(proxied: Callable[[str], None]) -> None:
    with say.scripted(say.vector(({}, "1"))) as proxy:
        proxied(proxy.url.replace("//", "//user:proxy-pass-31@"))
        with Prometheus(config("http://prometheus.acme.example:9090")) as prometheus:
            assert prometheus.instant("up", 1.0).series[0].values == (1.0,)
    (seen,) = proxy.seen
    assert seen.path == "http://prometheus.acme.example:9090/api/v1/query"
    assert seen.headers["Proxy-Authorization"] == "Basic " + base64.b64encode(b"user:proxy-pass-31").decode()


@pytest.mark.parametrize(
    ("reply", "said", "hint"),
    [
        (say.dripping, "did not answer in full within 1 s", "prometheus.timeout_s"),
        (say.hang_up, "through the proxy 127.0.0.1:", "NO_PROXY"),
        (say.plain(b"", 407), "answers 407: Proxy Authentication Required", "NO_PROXY"),
        (say.plain(b"echo proxy-pass-31", 403, "text/plain"), "answers 403: echo ***", "headers"),
    ],
)
def test_a_proxy_that_fails_is_named(proxied: Callable[[str], None], reply: say.Reply, said: str, hint: str) -> None:
    with say.scripted(reply) as proxy:
        proxied(proxy.url.replace("//", "//user:proxy-pass-31@"))
        began = time.monotonic()
        with (
            Prometheus(config("http://prometheus.acme.example", timeout_s=1)) as prometheus,
            pytest.raises(SourceError) as caught,
        ):
            prometheus.instant("up", 1.0)
    assert time.monotonic() - began < 1.6
    assert said in caught.value.message
    assert hint in caught.value.hint
    assert "proxy-pass-31" not in caught.value.message


def test_a_kind_of_proxy_that_is_unknown_is_told(proxied: Callable[[str], None]) -> None:
    proxied("socks5://127.0.0.1:1080")
    with Prometheus(config("http://prometheus.acme.example")) as prometheus, pytest.raises(SourceError) as caught:
        prometheus.instant("up", 1.0)
    assert "socks5" in caught.value.message
    assert "NO_PROXY" in caught.value.hint


# --- what is no error --------------------------------------------------------------------------


def test_values_that_are_no_numbers_are_dropped_and_counted() -> None:
    reply = say.vector(({"a": "1"}, "NaN"), ({"a": "2"}, "+Inf"), ({"a": "3"}, "4"))
    with say.scripted(reply) as script, Prometheus(config(script.url)) as prometheus:
        series = prometheus.instant("up", 1.0).series
    assert [(list(s.values), s.dropped) for s in series] == [([], 1), ([], 1), ([4.0], 0)]


OCTOBER = month("2026-10", ZoneInfo("Europe/Rome"))
NO_SUM = say.vector(({"a": "1"}, "5"), ({"a": "2"}, "NaN"))


def test_a_gauge_of_which_one_series_has_no_number_has_no_value() -> None:
    with say.scripted(NO_SUM) as script, Prometheus(config(script.url)) as prometheus:
        figures = Figures(prometheus, OCTOBER)
        gauge = FigureConfig.model_validate({"gauge": "queue_length", "noun": "mails", "sentence": "mails waited"})
        figure = figures.measure("queue", gauge)
    evidence = figures.evidence["figures/queue"]
    assert figure.value is None
    assert (evidence.samples, evidence.coverage) == (1, 0.5)
    assert evidence.warnings == ("not a number: 1 of 2 series, so no sum",)


def test_open_tickets_of_which_one_series_has_no_number_are_not_counted() -> None:
    tickets = TicketsConfig.model_validate({"open": {"gauge": "tickets_open"}})
    with say.scripted(NO_SUM) as script, Prometheus(config(script.url)) as prometheus:
        counted, evidence = measure(prometheus, tickets, OCTOBER)
    assert counted.open_at_end is None
    assert evidence["tickets/open_at_end"].warnings == ("not a number: 1 of 2 series, so no count",)


def test_people_who_asked_are_read_by_department_and_small_ones_join_the_others() -> None:
    people = (({"department": "sales"}, "40"), ({"department": "finance"}, "12"), ({"department": "legal"}, "3"))
    tickets = TicketsConfig.model_validate({"requesters": {"gauge": "tickets_requesters", "by": ["department"]}})
    with say.scripted(say.vector(*people)) as script, Prometheus(config(script.url)) as prometheus:
        counted, evidence = measure(prometheus, tickets, OCTOBER)
    assert counted.requesters == Count(total=55, by={"": 15, "sales": 40})
    assert (evidence["tickets/requesters"].query, evidence["tickets/requesters"].samples) == ("tickets_requesters", 3)


def test_remarks_of_the_server_are_kept_with_the_answer() -> None:
    reply = say.vector(({}, "1"), infos=["metric might not be a counter", f"asked by {TOKEN}"])
    with say.scripted(reply) as script, Prometheus(config(script.url)) as prometheus:
        assert prometheus.instant("up", 1.0).infos == ("metric might not be a counter", "asked by ***")


def test_an_empty_answer_is_empty_and_no_error() -> None:
    with say.scripted(say.vector()) as script, Prometheus(config(script.url)) as prometheus:
        assert prometheus.instant("up", 1.0).series == ()


def test_a_query_travels_in_the_body_with_its_exact_time_and_credentials() -> None:
    with say.scripted(say.vector()) as script, Prometheus(config(script.url)) as prometheus:
        prometheus.instant('up{a="ä"}', 1793487599.999)
        prometheus.range("count_over_time(up[60000ms])", 1790809199.999, 1793487599.999, 3600)
    instant, ranged = script.seen
    assert (instant.method, instant.path) == ("POST", "/api/v1/query")
    assert instant.form == {"query": 'up{a="ä"}', "time": "1793487599.999"}
    assert instant.headers["Authorization"] == f"Bearer {TOKEN}"
    assert instant.headers["X-Key"] == HEADER
    assert (ranged.method, ranged.path) == ("POST", "/api/v1/query_range")
    assert ranged.form == {
        "query": "count_over_time(up[60000ms] offset 1ms)",  # for 1790809199.999 and so on
        "start": "1790809200.000",
        "end": "1793487600.000",
        "step": "3600.000",
    }


def test_an_answer_for_other_times_than_asked_is_refused() -> None:
    def matrix(at: float) -> say.Reply:
        result = [{"metric": {}, "values": [[at, "1"], [at + 3600, "1"]]}]
        return say.envelope(status="success", data={"resultType": "matrix", "result": result})

    query = "count_over_time(up[60000ms])"
    with say.scripted(matrix(7200), matrix(7201)) as script, Prometheus(config(script.url)) as prometheus:
        (series,) = prometheus.range(query, 7199.999, 7199.999 + 3600, 3600).series
        assert series.times == (7199.999, 10799.999)
        with pytest.raises(SourceError, match="for other times than asked") as caught:
            prometheus.range(query, 7199.999, 7199.999 + 3600, 3600)
    assert "prometheus.url" in caught.value.hint


def test_basic_authentication_is_sent_and_a_netrc_is_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    basic = {"bearer_token": None, "basic_auth": {"user": "news", "password": "env:TEST_PASSWORD"}}
    with say.scripted(say.vector()) as script:
        for more in (basic, {}):
            with Prometheus(config(script.url, **more)) as prometheus:
                prometheus.instant("up", 1.0)
    assert script.seen[0].headers["Authorization"] == "Basic bmV3czpwYXNzLTc3YWI="
    assert script.seen[1].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("15d", 1296000), ("1y", 31536000), ("30d or 10GiB", 2592000), ("1w2d12h", 820800), ("10GiB", None), ("", None)],
)
def test_the_retention_is_read_in_seconds(told: str, seconds: float | None) -> None:
    reply = say.envelope(status="success", data={"storageRetention": told})
    with say.scripted(reply) as script, Prometheus(config(script.url)) as prometheus:
        assert prometheus.retention_s() == seconds


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ('flag{name="retentionPeriod", value="1", is_set="false"} 1', 31 * 86400),
        ('flag{name="retentionPeriod",value="1.5y",is_set="true"} 1', 1.5 * 365 * 86400),
        ('flag{name="retentionPeriod", value="soon", is_set="true"} 1', None),
        ('flag{name="retentionTimezoneOffset", value="1", is_set="false"} 1', None),
    ],
)
def test_the_flag_of_victoria_metrics_is_read_in_seconds(line: str, seconds: float | None) -> None:
    assert told_by_victoria_metrics(f"process_cpu_seconds_total 1\n{line}\nvm_rows 2\n") == seconds


def test_a_server_without_runtime_information_has_no_known_retention() -> None:
    with say.scripted(say.plain(b"no", 404, "text/plain")) as script, Prometheus(config(script.url)) as prometheus:
        assert prometheus.retention_s() is None


def test_one_failure_ends_all_that_is_under_way() -> None:
    """Three queries, one of them before the one that fails, wait for a server that never answers."""
    broken = say.plain(b'{"status":"error","error":"boom"}', 500)
    with say.scripted(say.vector(), say.silence, broken, say.silence) as script:
        with Prometheus(config(script.url, timeout_s=20)) as prometheus:
            prometheus.instant("up", 1.0)  # one connection is there, the others are opened
            began = time.monotonic()
            with pytest.raises(SourceError, match="boom"):
                list(prometheus.each(lambda at: prometheus.instant("up", at), map(float, range(50))))
            told = time.monotonic() - began
        ended = time.monotonic() - began
        time.sleep(0.1)
        assert len(script.seen) <= 1 + 4 + 3  # those at work, and what they took up until they were stopped
    assert told < 2
    assert ended < 3


def test_an_answer_that_nobody_wants_any_more_is_not_waited_for() -> None:
    with say.scripted(say.dripping_body) as script:
        prometheus = Prometheus(config(script.url, timeout_s=20, max_response_mb=100))
        answers = iter(prometheus.each(lambda at: prometheus.instant("up", at), [1.0, 2.0]))
        while len(script.seen) < 2:
            time.sleep(0.01)
        began = time.monotonic()
        prometheus.close()
        assert time.monotonic() - began < 2
        with pytest.raises(SourceError):
            next(answers)
