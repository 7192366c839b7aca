"""Say in a few lines what the last run came to."""

import argparse

from pipeline.files import formats
from pipeline.params.schema import Params
from pipeline.results.numbers import summary
from stages.common import run


def work(params: Params, at: argparse.Namespace) -> None:
    """Read metrics.json of the folder `at.report` and print its summary."""
    metrics = formats.read_json(at.report / "metrics.json")
    print(summary(metrics, params.ensemble, str(at.report / "index.html")))


if __name__ == "__main__":
    run(work, str(__doc__), "report")
