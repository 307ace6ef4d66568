"""The one way to Prometheus: prometheus-api-client on a session of our own."""

from __future__ import annotations

import base64
import math
import operator
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self, TypeVar, cast
from urllib.parse import urlsplit

from msgspec.structs import replace

from newsletter.bearer import Bearer
from newsletter.collect import promql, retention, tls
from newsletter.collect.cost import Cost, Kind
from newsletter.collect.series import Answer, Series
from newsletter.collect.session import THREADS, Adapter, Session
from newsletter.collect.side_by_side import side_by_side
from newsletter.config import PrometheusConfig, Secret
from newsletter.errors import SourceError

_SOME_SECOND = 1e9  # a whole one
_SHOWN = 300  # characters of a query in a message
_TICK = 0.001  # seconds; servers keep times to the millisecond

T = TypeVar("T")
R = TypeVar("R")


class _Disordered(Exception):
    """Samples that do not ascend, or a series twice."""


class _Elsewhen(Exception):
    """An answer for an instant that was not asked for."""


class _Asked(dict[float, float]):
    """By time in an answer, `late` seconds behind, the one that was asked for; all series share these times.

    Raises:
        _Elsewhen: on looking up another time.
    """

    def __init__(self, start: float, step: float, late: float) -> None:
        super().__init__()
        self._start, self._step, self._late = start, step, late

    def __missing__(self, at: float) -> float:
        asked = self._start + self._step * round((at - self._late - self._start) / self._step)
        if abs(at - self._late - asked) > _TICK:
            raise _Elsewhen
        self[at] = round(asked, 3)
        return self[at]


class Prometheus:
    """A Prometheus, Thanos, Mimir or VictoriaMetrics to ask; close it, or use it in `with`.

    Args:
        config: address, credentials, deadline of one query and cap of one answer.
        costs: told of every query that is answered, if given.

    Raises:
        ConfigError: a secret or a TLS file that `config` names is missing or unusable.
    """

    def __init__(self, config: PrometheusConfig, costs: Callable[[Cost], None] | None = None) -> None:
        from prometheus_api_client.prometheus_connect import PrometheusConnect

        self.source = config.url.rstrip("/")
        headers = {name: _revealed(value).encode() for name, value in config.headers.items()}
        auth, secrets = _credentials(config)
        secrets += [value.reveal() for value in config.headers.values() if isinstance(value, Secret)]
        self._session = Session(
            self.source,
            timeout_s=config.timeout_s,
            max_bytes=round(config.max_response_mb * 1e6),
            secrets=secrets,
        )
        self._client = PrometheusConnect(
            url=self.source,
            headers=headers,
            auth=cast("Any", auth),
            session=self._session,
            method="POST",
            timeout=cast("Any", config.timeout_s),
        )
        # the library has just mounted an adapter of its own
        self._session.mount(self.source, Adapter(tls.context(config.tls) if _over_tls(self.source) else None))
        self._remarks: dict[str, None] = {}
        self._costs = costs
        self._stats = {"stats": "all"} if costs else {}
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="prometheus")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the threads and connections; nobody waits for the answers to queries that are under way."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._session.close()
        self._pool.shutdown()

    @contextmanager
    def overhear(self) -> Iterator[Collection[str]]:
        """What the server remarks (`infos`) about any query of the block, whichever thread asks; each once."""
        before, self._remarks = self._remarks, {}
        try:
            yield self._remarks.keys()
        finally:
            self._remarks = before

    def instant(self, query: str, at: float) -> Answer:
        """Evaluate `query` at one instant, to the millisecond.

        Raises:
            SourceError: no answer, a partial one, or one that is no vector or matrix.
        """
        exact = {"time": f"{at:.3f}", **self._stats}
        return self._answer(query, "instant", lambda: self._client.custom_query(query, params=exact))

    def range(self, query: str, start: float, end: float, step: float) -> Answer:
        """Evaluate `query` every `step` seconds from `start` to `end`, both included, to the millisecond.

        Servers with a cache of results (VictoriaMetrics, the query frontend of Thanos) move `start` and
        `end` to multiples of the step. So multiples are asked for, and the ranges look further back.

        Args:
            query: every selector in it is a range selector that `Selector.over` wrote.
            start: seconds since the epoch.
            end: `start` plus some steps.
            step: seconds.

        Raises:
            SourceError: as for `instant`, or the server answers for other times than asked.
        """
        late = round(-start % step, 3) % step
        moved = promql.earlier(query, late) if late else query
        # the library rounds its own times to seconds; params have the last word
        exact = {"start": f"{start + late:.3f}", "end": f"{end + late:.3f}", **self._stats}
        whole = datetime.fromtimestamp(start, UTC)
        answer = self._answer(
            moved,
            "range",
            lambda: self._client.custom_query_range(moved, whole, whole, step=f"{step:.3f}", params=exact),
        )
        asked = _Asked(start, step, late)
        try:
            series = tuple(replace(one, times=tuple(map(asked.__getitem__, one.times))) for one in answer.series)
        except _Elsewhen:
            hint = "Name a server that answers exactly, such as the querier behind a cache, in prometheus.url."
            raise SourceError(f"{self.source} answers for other times than asked", hint) from None
        return replace(answer, series=series)

    @cached_property
    def left_open(self) -> bool:
        """Whether a range leaves out its beginning, as since Prometheus 3; before, it is closed at both ends.

        https://prometheus.io/docs/prometheus/latest/migration/#range-selectors-and-lookback-exclude-samples-coinciding-with-the-left-boundary
        """
        answer = self.instant("count_over_time(vector(0)[1s:1s])", _SOME_SECOND)
        return sum(series.values[0] for series in answer.series) < 2

    def retention_s(self) -> float | None:
        """How far back the server keeps samples, or None where it does not say.

        Prometheus tells, and of several limits ("15d or 100GB") the time counts; so does VictoriaMetrics on one machine.
        """
        asked: dict[str, Any] = {"headers": self._client.headers, "auth": self._client.auth}
        try:
            answer = self._session.request("GET", f"{self.source}/api/v1/status/runtimeinfo", **asked)
        except SourceError:
            return retention.told_by_victoria_metrics(self._session.page(f"{self.source}/metrics", **asked))
        data = answer.json().get("data")
        return retention.told_by_prometheus(str(data.get("storageRetention", ""))) if isinstance(data, dict) else None

    def version(self) -> str | None:
        """What the server says it is, such as "2.42.0", or None where it does not say."""
        try:
            answer = self._session.request(
                "GET", f"{self.source}/api/v1/status/buildinfo", headers=self._client.headers, auth=self._client.auth
            )
        except SourceError:
            return None
        data = answer.json().get("data")
        return str(data.get("version") or "") or None if isinstance(data, dict) else None

    def clock(self) -> float:
        """The server's own time, in seconds since the epoch.

        Raises:
            SourceError: as for `instant`.
        """
        query = "vector(time())"
        answer = self._answer(query, "instant", lambda: self._client.custom_query(query))
        return answer.series[0].values[0] if answer.series and answer.series[0].values else math.nan

    def each(self, ask: Callable[[T], R], items: Iterable[T]) -> Iterable[R]:
        """`ask` of every item on four threads, the answers in their order; the first failure ends it all."""
        return side_by_side(self._pool, ask, items)

    def _answer(self, query: str, kind: Kind, ask: Callable[[], Any]) -> Answer:
        self._session.heard.infos = ()
        began = time.perf_counter()
        try:
            rows = ask()
            self._remarks.update(dict.fromkeys(self._session.heard.infos))
            answer = Answer(_distinct(rows), self._session.heard.infos)
        except SourceError as error:
            raise SourceError(f"{error.message} (query {_short(query)})", error.hint) from None
        except _Disordered:
            reason = "answers with samples out of order, or with a series twice"
            hint = "Check what stands between newsletter and the storage: it merges wrongly."
            raise SourceError(f"{self.source} {reason} (query {_short(query)})", hint) from None
        except (KeyError, TypeError, ValueError, AttributeError):
            reason = "answers with something that is no vector or matrix of numbers"
            raise SourceError(f"{self.source} {reason} (query {_short(query)})", "Check prometheus.url.") from None
        if self._costs:
            returned = sum(len(series.values) for series in answer.series)
            heard = self._session.heard
            self._costs(Cost(query, kind, heard.read, returned, heard.size, time.perf_counter() - began))
        return answer


def _series(row: Any) -> Series:
    """One element of a vector (`value`) or matrix (`values`).

    Raises:
        _Disordered: its samples do not ascend; what is counted from them would be wrong.
    """
    labels = row["metric"]
    times, texts = zip(*(row["values"] if "values" in row else [row["value"]]), strict=True)
    known = {text: float(text) for text in set(texts)}  # of many samples few are different
    at, values = tuple(map(float, times)), tuple(map(known.__getitem__, texts))
    if not all(map(operator.lt, at, at[1:])) or not (math.isfinite(at[0]) and math.isfinite(at[-1])):
        raise _Disordered
    if all(map(math.isfinite, known.values())):
        return Series(labels, at, values)
    kept = [(at, value) for at, value in zip(at, values, strict=True) if math.isfinite(value)]
    return Series(labels, tuple(at for at, _ in kept), tuple(value for _, value in kept), len(values) - len(kept))


def _distinct(rows: Iterable[Any]) -> tuple[Series, ...]:
    """All series of an answer, each of which comes once."""
    series = tuple(_series(row) for row in rows)
    if len({tuple(sorted(one.labels.items())) for one in series}) != len(series):
        raise _Disordered
    return series


def _short(query: str) -> str:
    return query if len(query) <= _SHOWN else f"{query[:_SHOWN]}…"


def _over_tls(url: str) -> bool:
    return urlsplit(url).scheme.lower() == "https"


def _credentials(config: PrometheusConfig) -> tuple[Any, list[str]]:
    """What `requests` sends as authentication, and the secrets in it."""
    if config.bearer_token:
        token = config.bearer_token.reveal()
        return Bearer(token), [token]
    if config.basic_auth:
        password = config.basic_auth.password.reveal()
        sent = base64.b64encode(f"{config.basic_auth.user}:{password}".encode()).decode()
        return (config.basic_auth.user.encode(), password.encode()), [password, sent]
    return None, []


def _revealed(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value
