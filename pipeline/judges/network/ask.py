"""Ask cross-fitted networks: train them, score every clip, and note which clips sound alike to them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipeline.files import dependencies, fingerprint
from pipeline.files.checkpoints import Checkpoints
from pipeline.judges.network import cross_fitting, fitted
from pipeline.judges.question import Question
from pipeline.judges.roles import Roles
from pipeline.judges.said import Said
from pipeline.networks import backend, patches
from pipeline.params.training import Judge


def ask(question: Question) -> Said:
    """Return what the networks say; a run that was cut off goes on after the last network that was finished.

    Raises:
        DataError: a class or a fold lacks verified clips, or the loss of a network is no longer a number.
    """
    features, compute, asked = question.features, question.compute, question.settings.network
    assert asked is not None
    machine = backend.configure(compute.device, compute.precision, threads=fitted.THREADS)
    roles = question.roles()
    resolved = patches.resolve(features, asked.patches, roles.train)
    settings = asked.model_copy(update={"patches": resolved})
    checkpoints = Checkpoints(question.checkpoints / "judge-network", _key(question, roles, settings, machine))
    return hear(
        question,
        settings,
        roles,
        checkpoints,
        say=lambda line: print(f"judge: {line}", flush=True),
        side_by_side=fitted.side_by_side(compute, machine, len(roles.folds)),
    )


def hear(
    question: Question,
    settings: Judge,
    roles: Roles,
    checkpoints: Checkpoints,
    *,
    say: Callable[[str], None],
    side_by_side: cross_fitting.Map = map,
) -> Said:
    """Train the networks and let them speak: the recipe, which the benchmarks call too.

    Args:
        question: what they are asked; of it clips, classes, features and seed are read.
        settings: of the networks, patches resolved.
        roles: what each clip does.
        checkpoints: one is made a network.
        say: told a line a network.
        side_by_side: may fit the networks of a round at the same time.
    """
    features, n_classes = question.features, len(question.classes)
    fit = fitted.fit_and_score(features, settings, n_classes, seed=question.seed)
    judged = cross_fitting.judge(
        roles, n_classes, settings.rounds, fit, checkpoints, say=say, side_by_side=side_by_side
    )
    near = fitted.alike(features, settings, n_classes, judged.weights, roles.train, question.clips["group"])
    return Said(judged.probs, judged.table, judged.weights, near)


def forget(question: Question) -> None:
    """Remove the checkpoints: what was said is written."""
    Checkpoints.clear(question.checkpoints / "judge-network")


def _key(question: Question, roles: Roles, settings: Judge, machine: backend.Machine) -> str:
    features = question.features
    return fingerprint.digest(
        [settings.model_dump(), question.seed, vars(machine), features.settings, question.classes],
        [question.frames_sha256, features.index.to_csv()],
        [dependencies.code(Path(__file__), dependencies.ROOT)],
        *(np.asarray(value) for value in vars(roles).values()),
    )
