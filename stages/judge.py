"""Ask one judge: models that score each training clip without having seen its label."""

import argparse
import importlib

from pipeline.errors import ParamsError
from pipeline.files import artifacts, fingerprint, frames
from pipeline.judges import said
from pipeline.judges.question import Question
from pipeline.params.schema import Params
from pipeline.params.training import Judges
from stages.common import run


def work(params: Params, at: argparse.Namespace) -> None:
    """Read clips and features; write what judge `at.judge` says, as the folder of its name in `at.judged`."""
    if at.judge not in Judges.model_fields:
        raise ParamsError(f"judges: there is no {at.judge!r}, there are {', '.join(Judges.model_fields)}")
    clips, classes = artifacts.read_clips(at.clips), artifacts.read_classes(at.clips)
    if getattr(params.judges, at.judge) is None:
        print(f"judges.{at.judge} is null: not asked")
        said.write(at.judged / at.judge, said.nothing(len(clips), len(classes)))
        return
    features = frames.read_features(at.features)
    artifacts.same_clips(features.index, clips, at.features / "index.csv")
    question = Question(
        clips=clips,
        classes=classes,
        features=features,
        frames_sha256=fingerprint.sha256(at.features / "frames.npy"),
        settings=params.judges,
        compute=params.compute,
        seed=params.seed,
        checkpoints=at.checkpoints,
    )
    # By its name, so that a judge does not depend on what the others are made of.
    judge = importlib.import_module(f"pipeline.judges.{at.judge}.ask")
    said.write(at.judged / at.judge, judge.ask(question))
    judge.forget(question)


if __name__ == "__main__":
    paths = ("clips", "features", "judged", "checkpoints")
    run(work, str(__doc__), *paths, out=("judged", "judge"), extra=("judge",))
