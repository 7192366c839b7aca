"""Stage `audit`: from what the data set lists and how it sounds to `data/clips/` and `data/audit/`."""

import argparse
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pipeline.audio.spectrum import BANDS
from pipeline.audit import auditing
from pipeline.clips.dealing import Given
from pipeline.files import artifacts, formats, frames
from pipeline.files.problems import PROBLEMS
from pipeline.files.publishing import publish
from pipeline.params.schema import Params
from stages.common import run


def work(params: Params, at: argparse.Namespace) -> None:
    """Find what is the matter, keep together what sounds the same, write the clips and the problems, say both."""
    listed = artifacts.read_clips(at.listed)
    classes = artifacts.read_classes(at.listed)
    features = frames.read_features(at.features)
    artifacts.same_clips(features.index, listed, at.features / "index.csv")
    said = formats.read_record(at.listed / "given.json", "split", "folds")
    audited = auditing.audit(
        listed,
        classes,
        features,
        formats.read_array(at.features / "spectra.npy", shape=(len(listed), BANDS), dtype="float32"),
        at.raw,
        Given(split=bool(said["split"]), folds=bool(said["folds"])),
        params.audit,
        n_folds=params.folds,
        seed=params.seed,
        jobs=params.compute.jobs,
    )
    with publish(at.audit) as folder:
        folder.mkdir()
        artifacts.write_audit(folder, audited.problems)
        with publish(at.clips) as out:
            out.mkdir()
            artifacts.write_dealt(out, audited.clips, at.listed)
    _say(len(listed), Counter(audited.problems["problem"]), at.audit)


def _say(n_clips: int, counts: Mapping[str, int], folder: Path) -> None:
    if not counts:
        print(f"audit: {n_clips:,} clips, nothing is the matter with them")
        return
    print(f"audit: {n_clips:,} clips; see {folder}/audit.csv")
    for name in PROBLEMS:
        if name in counts:
            print(f"audit: {counts[name]:>7,} {name.replace('_', ' ')} ({PROBLEMS[name]})")


if __name__ == "__main__":
    run(work, __doc__, "listed", "features", "raw", "clips", "audit", out=("clips",))
