"""Calls in processes that may hang, crash or ask for too much memory, and take nothing along but themselves.

Each worker holds one call at a time and has a pipe of its own, so it is always known which call was lost; it is then
killed and replaced. joblib and concurrent.futures set no limit to a call and give up all of them when a worker dies;
pools that do better share one queue between workers, which a kill at the wrong moment leaves locked.

Workers are forked from a server that has imported what they need and nothing else (no threads, no TensorFlow);
where there is no such server (Windows), each is started afresh. As always with `multiprocessing`, a script that
calls `run` has to keep its own work below `if __name__ == "__main__":`.
"""

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, reduction
from typing import Any

from threadpoolctl import threadpool_limits

START_SECONDS = 300.0  # to import what it needs, on a slow disk
AHEAD = 32  # answers a worker that may wait for an earlier one
LOOK_SECONDS = 0.5  # between looks whether the parent is there
GIB = 2**30


@dataclass(frozen=True)
class Lost:
    """A call that gave no answer, and why, as the end of a sentence: "took longer than 90 s"."""

    reason: str


def run(
    function: Callable[..., Any],
    calls: Sequence[tuple[Any, ...]],
    *,
    jobs: int,
    seconds: float,
    memory: int,
    preload: Sequence[str] = (),
) -> Iterator[Any]:
    """Yield `function(*call)`, or a `Lost`, for each of `calls`, in order.

    A call gets `seconds` (> 0) of wall-clock time and `memory` more bytes of address space than a worker begins with
    (no bound where the system has none to offer). A call whose worker dies is tried once more in a new one: it may
    have been killed for another's sake. `function` and what goes in and out have to be picklable; `function` runs
    with one thread of linear algebra. `preload` names modules to import before the first call, and before workers are
    forked if that can be.

    Raises:
        RuntimeError: workers cannot start at all. Whatever `function` raises is raised here, except a MemoryError,
            which is a `Lost`.
    """
    pool = _Pool(function, min(jobs, len(calls)), seconds, memory, preload)
    done: dict[int, Any] = {}
    todo, tried = deque(range(len(calls))), set[int]()
    try:
        for row in range(len(calls)):
            while row not in done:
                pool.hand_out(calls, todo, row + AHEAD * jobs)
                for index, answer, died in pool.answers():
                    if died and index not in tried:
                        tried.add(index)
                        todo.appendleft(index)
                    else:
                        done[index] = answer
            yield done.pop(row)
    finally:
        pool.close()


class _Worker:
    """One process, its pipe, and the call it is at: an index, or None (idle, or not begun)."""

    def __init__(self, context: Any, *arguments: Any) -> None:
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, *arguments), daemon=True)
        self.process.start()
        theirs.close()
        self.ready, self.spent = False, 0.0
        self.index: int | None = None

    def begin(self, index: int, call: tuple[Any, ...]) -> None:
        self.index, self.spent = index, 0.0
        with contextlib.suppress(OSError):  # it has died: the end of its pipe will say so
            self.pipe.send(call)

    def end(self) -> int | None:
        """Kill it; return the code that it ended with by then, or by this."""
        died = self.process.exitcode
        self.process.kill()
        self.process.join(5)  # no longer: a process that waits for a dead disk cannot be killed
        self.pipe.close()
        return self.process.exitcode if died is None else died


class _Pool:
    """Workers, each replaced when its call is lost."""

    def __init__(
        self, function: Callable[..., Any], size: int, seconds: float, memory: int, preload: Sequence[str]
    ) -> None:
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        self.context: Any = multiprocessing.get_context(method)
        if method == "forkserver":  # of no effect if it runs already; workers then import what it lacks
            self.context.set_forkserver_preload([__name__, *preload])
        self.arguments, self.size, self.seconds, self.memory = (function, memory, preload), size, seconds, memory
        self.workers: list[_Worker] = []

    def hand_out(self, calls: Sequence[tuple[Any, ...]], todo: deque[int], until: int) -> None:
        """Give idle workers the next of the calls before `until`; start workers that are missing."""
        while len(self.workers) < min(self.size, len(todo) + sum(w.index is not None for w in self.workers)):
            self.workers.append(_Worker(self.context, *self.arguments))
        for worker in self.workers:
            if worker.ready and worker.index is None and todo and todo[0] < until:
                index = todo.popleft()
                worker.begin(index, calls[index])

    def answers(self) -> list[tuple[int, Any, bool]]:
        """Wait a moment; return what came or was lost: a call's index, its answer, whether its worker died."""
        step, begin = min(1.0, self.seconds / 4), time.monotonic()
        ready = connection.wait([worker.pipe for worker in self.workers], timeout=step)
        # Time in which this process itself stood still (stopped, or busy with the answers) does not count.
        passed = min(time.monotonic() - begin, 2 * step)
        found = []
        for worker in list(self.workers):
            if worker.pipe in ready:
                found += self._receive(worker)
            else:
                worker.spent += passed
                found += self._check_time(worker)
        return found

    def _receive(self, worker: _Worker) -> list[tuple[int, Any, bool]]:
        try:
            kind, answer = worker.pipe.recv()
        except (EOFError, OSError):
            return self._bury(worker, None)
        if worker.index is None:
            worker.ready = True
            return []
        if kind == "raised":
            raise answer
        if kind == "memory":
            return self._bury(worker, f"needed more than {self.memory / GIB:.3g} GiB of memory")
        index, worker.index = worker.index, None
        return [(index, answer, False)]

    def _check_time(self, worker: _Worker) -> list[tuple[int, Any, bool]]:
        if worker.ready and worker.index is not None and worker.spent > self.seconds:
            return self._bury(worker, f"took longer than {self.seconds:g} s")
        if not worker.ready and worker.spent > START_SECONDS:
            raise RuntimeError(f"a worker did not start within {START_SECONDS:g} s")
        return []

    def _bury(self, worker: _Worker, reason: str | None) -> list[tuple[int, Any, bool]]:
        """End a worker; return the call that is lost with it."""
        self.workers.remove(worker)
        if reason is None:
            worker.process.join(5)  # its pipe has ended, so it is about to
        code = worker.end()
        if not worker.ready:
            raise RuntimeError(f"a worker could not start (exit code {code}); what it said is above")
        if worker.index is None:
            return []
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return [(worker.index, Lost(reason or f"crashed ({how})"), reason is None)]

    def close(self) -> None:
        """Kill every worker and wait until it is gone."""
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.end()
        self.workers.clear()


def _serve(pipe: Any, function: Callable[..., Any], memory: int, preload: Sequence[str]) -> None:
    """Answer calls until the pipe ends: what a worker does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends us
    end_with_the_parent()
    for name in preload:  # not at the expense of the first call
        importlib.import_module(name)
    _bound(memory)
    with threadpool_limits(1):  # the processes already fill the cores
        # Decoders remark on every oddity of a file without naming it. What Python has to say is sent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        pipe.send(("ready", None))
        while True:
            try:
                call = pipe.recv()
            except EOFError:
                return
            pipe.send(_answer(function, call))


def _answer(function: Callable[..., Any], call: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return "answer", function(*call)
    except MemoryError:
        return "memory", None
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        error.add_note(text)
        try:
            reduction.ForkingPickler.loads(reduction.ForkingPickler.dumps(error))
        except Exception:  # some cannot be sent
            return "raised", RuntimeError(text)
        return "raised", error


def end_with_the_parent(pid: int | None = None) -> None:
    """End this process, whatever it is at, as soon as its parent has ended: it would outlive one that was killed.

    joblib's processes have to be told the parent's `pid`: they lack what `multiprocessing` gives its own to wait on.
    """
    threading.Thread(target=_end_after, args=(pid,), daemon=True).start()


def _end_after(pid: int | None) -> None:
    parent = multiprocessing.parent_process()
    if pid is not None:
        while os.getppid() == pid:
            time.sleep(LOOK_SECONDS)
    elif parent is not None:
        connection.wait([parent.sentinel])
    os._exit(1)


def _bound(memory: int) -> None:
    """Bound the address space to what is in use and `memory` more; leave no core file behind a crash."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return  # not Linux: what is in use is not known, and macOS ignores the bound
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    bound = used + memory
    resource.setrlimit(resource.RLIMIT_AS, (bound if hard == resource.RLIM_INFINITY else min(bound, hard), hard))
