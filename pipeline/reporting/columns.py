"""Which columns of the tables the page shows, under which headings.

Conventions: a table's name is that of its file, but for what `FILES` says of it.
"""

from pipeline.reporting.page import Column, percent, score, text

FILES = {"trust": "promotion", "mistakes": "confusion"}
TESTS = ("val", "test")
COLUMNS = {
    "promotion": {
        "group": Column("group", text),
        "clips": Column("all"),
        "verified": Column("verified"),
        "promoted": Column("newly verified"),
        "corrected": Column("corrected"),
        "left_out": Column("left out"),
        "trusted": Column("trusted", percent),
    },
    "trust": {
        "group": Column("group", text),
        "noise_rate": Column("noise rate, estimated", percent, "noise_low", "noise_high"),
        "true_noise_rate": Column("noise rate, true", percent),
        "precision": Column("promotions right, estimated", percent, "precision_low", "precision_high"),
        "true_precision": Column("promotions right, true", percent),
        "true_recall": Column("right labels promoted, true", percent),
        "correction_precision": Column("corrections right, expected", percent),
        "true_correction_precision": Column("corrections right, true", percent),
        "true_caught": Column("wrong labels caught, true", percent),
        "true_put_right": Column("wrong labels put right, true", percent),
    },
    "decisions": {
        "clip_id": Column("clip", text),
        "group": Column("group", text),
        "label": Column("given label", text),
        "outcome": Column("outcome", text),
        "target": Column("taken to be", text),
        "probability": Column("probability", percent),
        "reason": Column("why", text),
        "truth": Column("truth", text),
    },
    "rounds": {
        "member": Column("member", text),
        "round": Column("round"),
        "trusted": Column("trusted"),
        "pseudo": Column("pseudo-labelled"),
        "lower": Column("from", score),
        "upper": Column("to", score),
        "selected": Column("selected"),
        "pool": Column("of the pool"),
        "selected_precision": Column("selected and right", percent),
        "epochs": Column("epochs"),
        "train_accuracy": Column("training accuracy", percent),
        "val_accuracy": Column("validation accuracy", percent),
    },
    "members_and_means": {
        "name": Column("model", text),
        "val_accuracy": Column("validation accuracy", percent),
        "val_map": Column("validation MAP", score),
        "test_accuracy": Column("test accuracy", percent),
        "test_map": Column("test MAP", score),
    },
    "mistakes": {
        "actual": Column("actual", text),
        "predicted": Column("answered", text),
        "clips": Column("clips"),
    },
    "per_class": {
        "class": Column("class", text),
        "clips": Column("training clips"),
        "verified": Column("verified"),
        "promoted": Column("promoted"),
        "left_out": Column("left out"),
        "corrected": Column("corrected to it"),
        "support": Column("test clips"),
        "precision": Column("precision", percent),
        "recall": Column("recall", percent),
        "f1": Column("F1", percent),
        "average_precision": Column("average precision", score),
    },
    "quarantine": {
        "clip_id": Column("clip", text),
        "path": Column("file", text),
        "split": Column("split", text),
        "reason": Column("reason", text),
    },
}
