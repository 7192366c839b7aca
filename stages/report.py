"""Write the report: numbers, tables, figures, the page, the submission and the explorer."""

import argparse
import shutil

from pipeline.explorer.write import write_explorer
from pipeline.files.publishing import publish
from pipeline.params.schema import Params
from pipeline.reporting.report import write_report
from pipeline.results.run import read_run
from stages.common import run

INPUTS = ("clips", "features", "latents", "judged", "labels", "members", "ensemble", "projection", "audit")


def work(params: Params, at: argparse.Namespace) -> None:
    """Read everything that the run left; replace the folder `at.out` as a whole."""
    found = read_run({name: getattr(at, name) for name in INPUTS}, params)
    with publish(at.out) as folder:
        folder.mkdir()
        # DVC and git keep their own files among the outputs; they are not the report's to remove.
        for kept in at.out.glob(".*") if at.out.is_dir() else ():
            if kept.is_file():
                shutil.copy2(kept, folder)
        metrics = write_report(folder, found, params)
        write_explorer(folder / "explorer", found, params)
    print(f"report: {at.out / 'index.html'}, {metrics['clips']} clips")


if __name__ == "__main__":
    run(work, str(__doc__), *INPUTS, "out", out=("out",))
