"""A map over points: every executor gives the same, and a dead worker costs nothing."""

from __future__ import annotations

import threading
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor

import jobs
import pytest

from qgd.core.outcome import Outcome, QGDError
from qgd.core.parallel import _Dispatch, map_unordered


class Scripted(Executor):
    """Runs at once; the n-th submission ends with the n-th entry of the script, if there is one."""

    def __init__(self, *script: BaseException | str | None) -> None:
        self.script, self.calls, self.closed = list(script), [], 0

    def submit(self, fn, /, *args, **kwargs):
        self.calls.append(args[0])
        entry = self.script.pop(0) if self.script else None
        future: Future = Future()
        if entry == "cancelled":
            future.cancel()
        elif entry == "hangs":
            pass
        elif entry is not None:
            future.set_exception(entry)
        else:
            future.set_result(fn(*args, **kwargs))
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.closed += 1


def killed_worker() -> BaseException:
    """Dask's exception, by name: it need not be installed."""
    kind = type("KilledWorker", (Exception,), {"__module__": "distributed.scheduler"})
    return kind("a task killed its worker")


def one_bad(x: int) -> int:
    if x == 4:
        raise ValueError("bad")
    return jobs.square(x)


SQUARES = {index: index**2 for index in range(7)}


@pytest.mark.parametrize("in_flight", [1, 2, 100])
def test_results_carry_the_index_of_their_point(in_flight):
    with ThreadPoolExecutor(3) as pool:
        found = dict(map_unordered(jobs.square, range(7), pool, in_flight=in_flight))
    assert found == dict(map_unordered(jobs.square, range(7))) == SQUARES


def test_no_more_points_are_submitted_than_may_be_in_flight():
    started, release = [], threading.Event()

    def wait(x):
        started.append(x)
        release.wait(10)
        return x

    with ThreadPoolExecutor(8) as pool:
        results = map_unordered(wait, range(8), pool, in_flight=3)
        thread = threading.Thread(target=lambda: list(results))
        thread.start()
        jobs.wait_until(lambda: len(started) >= 3)
        assert len(started) == 3
        release.set()
        thread.join(10)
    assert sorted(started) == list(range(8))


def test_closing_cancels_what_has_not_started():
    done, release = [], threading.Event()

    def work(x):
        if x:
            release.wait(10)
        done.append(x)
        return x

    with ThreadPoolExecutor(1) as pool:
        results = map_unordered(work, range(6), pool)
        assert next(results) == (0, 0)
        results.close()
        release.set()
    assert len(done) <= 2  # the first, and the one that was running


@pytest.mark.parametrize("loss", [killed_worker(), "cancelled"])
def test_point_of_a_lost_worker_is_computed_again(loss):
    executor = Scripted(None, loss)
    assert dict(map_unordered(jobs.square, range(7), executor)) == SQUARES
    assert sorted(executor.calls) == [0, 1, 1, 2, 3, 4, 5, 6]


def test_exception_with_the_name_of_a_loss_from_elsewhere_is_an_error_of_the_point():
    kind = type("KilledWorker", (Exception,), {"__module__": "mine"})
    with pytest.raises(kind):
        list(map_unordered(jobs.square, range(3), Scripted(None, kind())))


def test_point_that_keeps_losing_its_worker_is_named_after_a_last_try_alone():
    losses = [killed_worker() for _ in range(3)]
    executor = Scripted(losses[0], None, losses[1], None, losses[2])
    with pytest.raises(QGDError, match="10 lost it 3 times, at last running alone") as caught:
        list(map_unordered(jobs.square, [10, 11, 12], executor, in_flight=2))
    assert caught.value.outcome is Outcome.WORKER_LOST
    assert executor.calls == [10, 11, 10, 12, 10]


def test_suspect_starts_when_nothing_runs_and_nothing_starts_beside_it():
    executor = Scripted(*["hangs"] * 6)
    dispatch = _Dispatch(jobs.square, range(5), executor, in_flight=3)
    dispatch.deaths[2] = 2
    for started in ([0, 1], [2], [3, 4]):
        executor.calls.clear()
        dispatch._submit()
        dispatch._submit()
        assert executor.calls == started
        dispatch.running.clear()


@pytest.mark.parametrize(
    ("function", "executor", "succeeded"),
    [
        (one_bad, None, [(0, 9)]),
        (jobs.square, Scripted(None, ValueError("bad"), None), [(0, 9), (2, 25)]),
    ],
)
def test_error_of_a_point_is_raised_with_the_point_after_what_succeeded(
    function, executor, succeeded
):
    found: list[tuple[int, int]] = []
    with pytest.raises(ValueError, match="bad") as caught:
        found.extend(map_unordered(function, [3, 4, 5], executor))
    assert caught.value.__notes__ == ["while evaluating 4"]
    assert found == succeeded


def test_broken_pool_is_replaced_by_the_function_that_makes_pools():
    pools = [Scripted(None, BrokenExecutor(), BrokenExecutor()), Scripted()]
    made = iter(pools)
    assert dict(map_unordered(jobs.square, range(7), lambda: next(made), in_flight=3)) == SQUARES
    assert [pool.closed for pool in pools] == [1, 1]


def test_given_pool_that_broke_is_reported_with_the_remedy_after_what_succeeded():
    found: list[tuple[int, int]] = []
    broken = Scripted(None, BrokenExecutor(), None)
    with pytest.raises(QGDError, match="a function that makes a pool") as caught:
        found.extend(map_unordered(jobs.square, range(3), broken))
    assert caught.value.outcome is Outcome.WORKER_LOST
    assert found == [(0, 0), (2, 4)]


def test_given_executor_is_left_running():
    executor = Scripted()
    list(map_unordered(jobs.square, range(3), executor))
    assert executor.closed == 0


def test_map_that_is_never_begun_makes_no_executor():
    map_unordered(jobs.square, range(3), lambda: pytest.fail("made a pool")).close()
    assert list(map_unordered(jobs.square, [], lambda: pytest.fail("made a pool"))) == []


def test_real_pool_that_a_point_always_breaks_names_the_point():
    with pytest.raises(QGDError, match="a point must leave its worker alive, 0 lost it 3 times"):
        dict(map_unordered(jobs.die_at_zero, range(4), jobs.pool, in_flight=2))


@pytest.mark.parametrize("executor", [3, "pool"])
def test_what_is_no_executor_is_refused_with_the_word_for_dask(executor):
    with pytest.raises(TypeError, match=r"`executor` must be .* client.get_executor\(\)"):
        map_unordered(jobs.square, [1], executor)


def test_in_flight_is_checked():
    with pytest.raises(ValueError, match="`in_flight` must be at least 1, got 0"):
        map_unordered(jobs.square, [1], Scripted(), in_flight=0)
