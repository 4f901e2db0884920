"""What is counted with each request. Prometheus's library is told of it when it asks.

Its own counters take a lock and look at labels and examples each time, ten times as long as to add one: a
fiftieth of what a small query costs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from resolvers.ways import Way

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Of a request's duration, in seconds."""

_LE = [*map(floatToGoString, BOUNDS), "+Inf"]


class _Durations:
    """A histogram: how many lasted up to each bound and longer than the one before, and the sum of all."""

    __slots__ = ("numbers", "seconds")

    def __init__(self) -> None:
        self.numbers = [0] * len(_LE)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        self.numbers[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    @property
    def buckets(self) -> Sequence[tuple[str, float]]:
        return [*zip(_LE, accumulate(self.numbers), strict=True)]


class Counts(Collector):
    """For an event loop's thread."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, int, str], int] = {}
        self._durations: dict[str, _Durations] = {}
        self._executions = dict.fromkeys(Way, 0)

    def count_request(self, operation: str, status: int, code: str, seconds: float) -> None:
        key = operation, status, code
        self._requests[key] = self._requests.get(key, 0) + 1
        durations = self._durations.get(operation)
        if durations is None:
            durations = self._durations[operation] = _Durations()
        durations.add(seconds)

    def count_execution(self, way: Way) -> None:
        """Counts a result that a plan has made, or graphql-core, for the reason that the way says."""
        self._executions[way] += 1

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "invoicing_requests", "Requests answered.", labels=["operation", "status", "code"]
        )
        for (operation, status, code), number in self._requests.items():
            requests.add_metric([operation, str(status), code], number)
        yield requests
        seconds = HistogramMetricFamily(
            "invoicing_request_seconds", "From a request to the end of its answer.", labels=["operation"]
        )
        for operation, durations in self._durations.items():
            seconds.add_metric([operation], durations.buckets, durations.seconds)
        yield seconds
        executions = CounterMetricFamily(
            "invoicing_executions",
            "Operations executed by their plans, or interpreted.",
            labels=["way", "reason"],
        )
        for way, number in self._executions.items():
            executions.add_metric(["planned", ""] if way is Way.PLANNED else ["interpreted", way], number)
        yield executions
