"""Many small networks: one process a core is faster than one after the other on all cores."""

import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing import get_context
from typing import Any

from pipeline.compute.workers import end_with_the_parent

Row = dict[str, Any]


def measure(rows_of: Callable[[Any], Iterable[Row]], jobs: Sequence[Any], processes: int) -> Iterator[Row]:
    """Yield the rows that `rows_of` gives of each job, as they are found; jobs are begun in order.

    `rows_of` lies at the top of a module that loads no TensorFlow: threads are limited before any process does.

    Raises:
        RuntimeError: a process failed; its traceback is the message.
    """
    # One each, however many processes and cores there are: another number gives other last digits.
    os.environ |= dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
    context = get_context("spawn")
    todo, rows = context.Queue(), context.Queue()
    for job in [*jobs, *[None] * processes]:
        todo.put(job)
    # Not daemons: those may have no processes of their own, which decoding needs.
    workers = [context.Process(target=_work, args=(rows_of, todo, rows)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    running = processes
    try:
        while running:
            row = rows.get()
            if isinstance(row, str):
                raise RuntimeError(row)
            if row is None:
                running -= 1
            else:
                yield row
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _work(rows_of: Callable[[Any], Iterable[Row]], todo: Any, rows: Any) -> None:
    """Hand over each row of the jobs from a queue, then None."""
    end_with_the_parent()
    try:
        for job in iter(todo.get, None):
            for row in rows_of(job):
                rows.put(row)
    except Exception:
        rows.put(traceback.format_exc())
        raise
    finally:
        rows.put(None)
