"""The methods of `benchmarks.label_quality`, by kind of row: what each says of the given labels and trains on."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

from benchmarks.common import peers
from benchmarks.common.bench import Bench
from benchmarks.common.peers import Peer
from benchmarks.label_quality import networks
from pipeline.labels import decisions, reliability
from pipeline.probs import metrics

LOGISTIC = ("verified only", "all as given", "self-training classifier", "clean learning", "earmark", "oracle")
JUDGES = (
    "the report",
    "self-training classifier",
    "clean learning",
    "cleanlab",
    "cleanlab, network alone",
    "earmark, same features",
    "latents",
    "out_of_fold",
    "both",
)


def judge(bench: Bench, method: str) -> dict[str, float | None]:
    """Score what a method says of the unverified labels, and what it expects of itself."""
    data, train = bench.data, bench.data.train
    mask = data.unverified[train]
    extra: dict[str, float | None] = {}
    if method in ("latents", "out_of_fold", "both", "earmark, same features"):
        weighed = bench.logistic if method == "earmark, same features" else bench.weighed(method)
        labels = weighed.labels
        score = np.nan_to_num(weighed.belief.posterior[np.arange(len(data.given)), data.given])[train]
        keep = (data.verified | labels["promoted"].to_numpy(bool))[train]
        families, seed = data.families, bench.params.seed
        estimate = reliability.estimate(weighed.case, weighed.belief, labels, families, seed=seed, draws=0)["all"]
        extra = {"noise_estimate": estimate.noise_rate, "precision_estimate": estimate.precision}
        extra["outside_estimate"] = estimate.outside
        corrected = (labels["outcome"] == decisions.CORRECTED).to_numpy()
        target = pd.Index(bench.classes).get_indexer(pd.Index(labels["target"]))
        right = (target == data.truth)[corrected]
        extra |= {"corrected": len(right), "corrections_right": float(right.mean()) if len(right) else float("nan")}
    else:
        peer = _peer(bench, method)
        score, keep = peer.score, peer.keep
    return peers.judge_scores(score, keep, data.given[train], data.truth[train], mask) | extra


def _peer(bench: Bench, method: str) -> Peer:
    data, train = bench.data, bench.data.train
    given, verified = data.given[train], data.verified[train]
    x = bench.embedding
    if method == "the report":
        return peers.spreading_report(bench.raw[train], given, verified, data.family_of)
    if method == "self-training classifier":
        return peers.self_training(x[train], given, verified, x[data.test])
    if method == "clean learning":
        return peers.clean_learning(x[train], given, verified, x[data.test], seed=bench.params.seed)
    return bench.cleanlab if method == "cleanlab" else bench.cleanlab_by(bench.judged)


def logistic(bench: Bench, method: str) -> np.ndarray:
    """Return float64 (n_test, n_classes): what logistic regression on the fixed features says of the test clips.

    Earmark's row takes evidence from the latents and from the same logistic regression, cross-fitted, so that no
    network of its own helps it.
    """
    data, train, x = bench.data, bench.data.train, bench.embedding
    if method in ("self-training classifier", "clean learning"):
        found = _peer(bench, method).test_probs
        assert found is not None
        return found
    targets: np.ndarray = data.given
    weights = (data.verified if method == "verified only" else train).astype(np.float64)
    if method == "oracle":
        targets = data.truth
    elif method == "earmark":
        targets = bench.logistic.belief.posterior
    k = len(bench.classes)
    return peers.logistic(x[train], targets[train], weights[train], x[data.test], n_classes=k)


def measure(bench: Bench, row: str, method: str) -> dict[str, Any]:
    """Measure one row of the bench."""
    if row == "judge":
        return judge(bench, method)
    target = bench.data.test_target
    if row == "logistic":
        probs = np.full((len(target), len(bench.classes)), np.nan)
        probs[bench.data.test] = logistic(bench, method)
        return _scores(probs, target)
    trained = networks.network(bench, row, method)
    single = float(np.mean([metrics.accuracy(probs, target) for probs in trained.each]))
    return _scores(trained.probs, target) | {"steps": trained.steps, "members": len(trained.each), "single": single}


def _scores(probs: np.ndarray, target: np.ndarray) -> dict[str, Any]:
    accuracy, map3 = metrics.accuracy(probs, target), metrics.map_at_k(probs, target, 3)
    known = metrics.scored(probs, target)
    answers = probs[known].astype(np.float64)
    answers /= answers.sum(axis=1, keepdims=True)
    loss = float(log_loss(target[known], answers, labels=np.arange(probs.shape[1])))
    return {"test_clips": int((target >= 0).sum()), "accuracy": accuracy, "map3": map3, "log_loss": loss}
