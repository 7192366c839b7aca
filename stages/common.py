"""What every stage shares: its command line, that it writes alone, and how it fails."""

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from threadpoolctl import threadpool_limits

from pipeline.errors import ArtifactError, EarmarkError
from pipeline.files import locks
from pipeline.params.schema import Params, load_params

Work = Callable[[Params, argparse.Namespace], None]

INTERRUPTED = 130
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


def run(work: Work, description: str, *paths: str, out: tuple[str, ...] = (), extra: tuple[str, ...] = ()) -> None:
    """Parse `--params` and one required `--<path>` a name in `paths`, then call `work(params, arguments)`.

    `extra` names required options that are text, not paths. `out` names the options that make up, joined, the path
    that is written, if one is; while another process writes it, this one refuses to. An `EarmarkError`, a disk that
    is full or fails, and Ctrl-C are told in one message and end the process with another exit code than 0; anything
    else is a defect of ours and keeps its traceback.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # The name of a class that the terminal's encoding lacks is shown as an escape.
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    for name in paths:
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in extra:
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    try:
        params = load_params(arguments.params)
        # Sums are split among the threads of the linear algebra: of another number, the last digits are others.
        with _alone(Path(*(getattr(arguments, name) for name in out))) if out else nullcontext(), threadpool_limits(1):
            work(params, arguments)
    except EarmarkError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {_told(error)}")
    except KeyboardInterrupt:
        print("stopped; `dvc repro` goes on from what is finished", file=sys.stderr)
        sys.exit(INTERRUPTED)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the lock of `out`: a stage goes on when the DVC that began it is killed, and another may begin beside it.

    Raises:
        ArtifactError: another process holds it.
    """
    with ExitStack() as stack:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locks.hold(out)).note(f"process {os.getpid()}")
        except locks.HeldElsewhere as holder:
            raise ArtifactError(
                f"{out}: {holder} is still writing it, for another `dvc repro` or for one that was killed; wait until "
                "it has ended, or end it, then run `dvc repro` again"
            ) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            print(f"{out}: its file system has no locks; run one `dvc repro` at a time", file=sys.stderr)
        yield


def _told(error: OSError) -> str:
    # numpy and HDF5 give no reason where a write comes back short.
    where, why = error.filename or "a file", error.strerror or " ".join(str(error).split())
    return (
        f"{where}: {why}; expected a disk that can be read and written; what was there before stays: make room or "
        "put it right, then run `dvc repro` again"
    )
