"""One function over many points on any `concurrent.futures.Executor`, surviving dead workers."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from typing import Generic, TypeVar

from qgd.core.checks import check_integer
from qgd.core.outcome import Outcome, QGDError

P = TypeVar("P")
R = TypeVar("R")
Workers = Executor | Callable[[], Executor] | None

IN_FLIGHT = 32
# Seconds between looks at futures that ended without waking anybody (cancelled from outside).
_POLL = 1.0
# Dask's words for a task whose worker was lost; Dask itself need not be installed.
_DASK_LOSSES = {"KilledWorker", "FutureCancelledError", "CommClosedError"}
# Whoever was in flight in so many deaths runs alone, so that the next death has one culprit.
_SUSPECT = 2


class _CancelledError(RuntimeError):
    """A point was cancelled by its executor, as Dask does when its data are lost."""


def map_unordered(
    function: Callable[[P], R],
    points: Sequence[P],
    executor: Workers = None,
    *,
    in_flight: int = IN_FLIGHT,
) -> Generator[tuple[int, R], None, None]:
    """Yield ``(index, function(points[index]))`` in the order in which the points finish.

    A point whose worker died is tried again: beside others first, then alone, and the third death
    ends the map. Closing the iterator cancels what has not started.

    Parameters
    ----------
    function : callable
        Of one point; it and the points must be picklable for executors of processes.
    points : sequence
        The points.
    executor : Executor, callable or None
        Any `concurrent.futures.Executor`, Dask's ``client.get_executor()`` included; it is left
        running. A function without arguments that makes one: it is shut down in the end, and a
        process pool that a dead worker broke is replaced. None: in this process, one by one.
    in_flight : int
        Points submitted and not finished at any time, so that a long sweep is not queued at once.

    Raises
    ------
    QGDError
        With ``Outcome.WORKER_LOST`` when a point lost its worker three times, or when a given
        process pool broke, which cannot be repaired.
    Exception
        Whatever `function` raises, with a note that shows the point.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     sorted(map_unordered(abs, [-2, 3], pool))
    [(0, 2), (1, 3)]
    """
    check_integer("in_flight", in_flight, 1)
    if executor is None or not points:
        return _serial(function, points)
    if not isinstance(executor, Executor) and not callable(executor):
        raise TypeError(
            "`executor` must be a concurrent.futures.Executor, a function that makes one or None, "
            f"got {type(executor).__name__}; of a Dask client pass client.get_executor()"
        )
    return _dispatched(function, points, executor, in_flight)


def _serial(
    function: Callable[[P], R], points: Sequence[P]
) -> Generator[tuple[int, R], None, None]:
    for index, point in enumerate(points):
        try:
            result = function(point)
        except Exception as error:
            _noted(error, point)
            raise
        yield index, result


def _dispatched(
    function: Callable[[P], R],
    points: Sequence[P],
    executor: Executor | Callable[[], Executor],
    in_flight: int,
) -> Generator[tuple[int, R], None, None]:
    # A generator, so that a map which is never begun makes no executor.
    yield from _Dispatch(function, points, executor, in_flight).results()


class _Dispatch(Generic[P, R]):
    """Points that wait, points that run, and how often each was in flight when a worker died."""

    def __init__(
        self,
        function: Callable[[P], R],
        points: Sequence[P],
        executor: Executor | Callable[[], Executor],
        in_flight: int,
    ) -> None:
        self.function, self.points, self.in_flight = function, points, in_flight
        self.make = None if isinstance(executor, Executor) else executor
        self.executor = executor if isinstance(executor, Executor) else executor()
        self.waiting = deque(range(len(points)))
        self.running: dict[Future[R], tuple[int, Executor]] = {}
        self.deaths: Counter[int] = Counter()
        self.broken: set[Executor] = set()

    def results(self) -> Generator[tuple[int, R], None, None]:
        completed = False
        try:
            while self.waiting or self.running:
                self._submit()
                wait(self.running, timeout=_POLL, return_when=FIRST_COMPLETED)
                done = [future for future in self.running if future.done()]
                ended = [(future, *self.running.pop(future)) for future in done]
                self.broken |= {
                    executor
                    for future, _, executor in ended
                    if isinstance(_error(future), BrokenExecutor)
                }
                # What succeeded is handed on before anything that failed is looked at.
                for future, index, _ in ended:
                    if _error(future) is None:
                        yield index, future.result()
                for future, index, executor in ended:
                    error = _error(future)
                    if error is not None:
                        self._recover(error, index, executor)
            completed = True
        finally:
            for future, (_, executor) in self.running.items():
                if executor not in self.broken:  # which ends its futures itself, uncancelled ones
                    future.cancel()
            if self.make is not None:
                self.executor.shutdown(wait=completed)

    def _submit(self) -> None:
        """Fill up; a suspect starts only when nothing else runs, and nothing starts beside it."""
        while self.waiting and len(self.running) < self.in_flight:
            index = self.waiting[0]
            alone = self._is_suspect(index)
            if self.running and (alone or any(self._is_suspect(i) for i, _ in self._in_flight())):
                return
            self.waiting.popleft()
            try:
                future = self.executor.submit(self.function, self.points[index])
            except BrokenExecutor as error:
                self._recover(error, index, self.executor)
            else:
                self.running[future] = index, self.executor

    def _in_flight(self) -> list[tuple[int, Executor]]:
        return list(self.running.values())

    def _is_suspect(self, index: int) -> bool:
        return self.deaths[index] >= _SUSPECT

    def _recover(self, error: BaseException, index: int, executor: Executor) -> None:
        """Queue a point again if its worker died; else raise what went wrong."""
        if not _worker_died(error):
            raise _noted(error, self.points[index])
        self.deaths[index] += 1
        if self.deaths[index] > _SUSPECT:
            raise QGDError(
                Outcome.WORKER_LOST,
                f"a point must leave its worker alive, {_text(self.points[index])} lost it "
                f"{self.deaths[index]} times, at last running alone; it probably needs more memory "
                "than a worker has",
            ) from error
        self.waiting.appendleft(index)
        # Others that were in flight in the same pool find it replaced already.
        if isinstance(error, BrokenExecutor) and executor is self.executor:
            if self.make is None:
                raise QGDError(
                    Outcome.WORKER_LOST,
                    "a worker died and its pool cannot be used any more; pass as `executor` a "
                    "function that makes a pool, which then is replaced, or call again with a new "
                    "pool",
                ) from error
            self.executor.shutdown(wait=False)
            self.executor = self.make()


def _error(future: Future[R]) -> BaseException | None:
    """What a future that is done ended with, cancellation by the executor included."""
    if future.cancelled():
        return _CancelledError("the executor cancelled the point")
    return future.exception()


def _worker_died(error: BaseException) -> bool:
    return isinstance(error, (BrokenExecutor, _CancelledError)) or any(
        cls.__name__ in _DASK_LOSSES and cls.__module__.split(".")[0] == "distributed"
        for cls in type(error).__mro__
    )


def _noted(error: BaseException, point: object) -> BaseException:
    error.add_note(f"while evaluating {_text(point)}")
    return error


def _text(point: object) -> str:
    text = repr(point)
    return text if len(text) <= 300 else f"{text[:297]}..."
