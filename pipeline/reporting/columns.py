"""Which columns of the tables the page shows, under which headings.

Conventions: a table's name is that of its file, but for what `FILES` says of it.
"""

from pipeline.reporting.page import Column, class_link, clip_link, percent, score, tenth, text

FILES = {
    "trust": "promotion",
    "truth": "promotion",
    "mistakes": "confusion",
    "surest_mistakes": "confusion",
    "review": "reviews",
}
TESTS = ("val", "test")
COLUMNS = {
    "splits": {
        "split": Column("split", text),
        "clips": Column("clips"),
        "classes": Column("classes"),
        "labelled": Column("with a label"),
        "verified": Column("verified"),
        "quarantined": Column("quarantined"),
        "minutes": Column("minutes", tenth),
    },
    "quarantine": {
        "clip_id": Column("clip", text, link=clip_link),
        "path": Column("file", text),
        "split": Column("split", text),
        "reason": Column("reason", text),
    },
    "promotion": {
        "group": Column("group", text),
        "clips": Column("clips"),
        "verified": Column("verified"),
        "reviewed": Column("reviewed"),
        "promoted": Column("promoted"),
        "corrected": Column("corrected"),
        "left_out": Column("left out"),
        "trusted": Column("trusted", percent),
    },
    "trust": {
        "group": Column("group", text),
        "noise_rate": Column("noise rate, estimated", percent, "noise_low", "noise_high"),
        "precision": Column("promotions right, estimated", percent, "precision_low", "precision_high"),
        "correction_precision": Column("corrections right, expected", percent),
    },
    "truth": {
        "group": Column("group", text),
        "true_noise_rate": Column("noise rate", percent),
        "true_precision": Column("promotions right", percent),
        "true_correction_precision": Column("corrections right", percent),
        "true_recall": Column("right labels promoted", percent),
        "true_caught": Column("wrong labels caught", percent),
        "true_put_right": Column("wrong labels put right", percent),
    },
    "review": {
        "of": Column("what the run had made of it", text),
        "heard": Column("clips heard"),
        "accepted": Column("accepted"),
        "relabelled": Column("relabelled"),
        "rejected": Column("rejected"),
        "unsure": Column("unsure"),
        "right": Column("right by ear", percent, "low", "high"),
    },
    "decisions": {
        "clip_id": Column("clip", text, link=clip_link),
        "group": Column("group", text),
        "label": Column("given label", text),
        "outcome": Column("outcome", text),
        "target": Column("taken to be", text),
        "probability": Column("probability", percent),
        "reason": Column("why", text),
        "review": Column("heard", text),
        "truth": Column("truth", text),
    },
    "rounds": {
        "member": Column("member", text),
        "round": Column("round"),
        "trusted": Column("trusted"),
        "pseudo": Column("pseudo-labelled"),
        "lower": Column("lower bound", score),
        "upper": Column("upper bound", score),
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
        "actual": Column("actual", text, link=class_link),
        "predicted": Column("answered", text, link=class_link),
        "clips": Column("clips"),
    },
    "surest_mistakes": {
        "clip_id": Column("clip", text, link=clip_link),
        "actual": Column("actual", text),
        "predicted": Column("answered", text),
        "probability": Column("probability", percent),
    },
    "per_class": {
        "class": Column("class", text, link=class_link),
        "clips": Column("training clips"),
        "verified": Column("verified"),
        "reviewed": Column("reviewed as it"),
        "promoted": Column("promoted"),
        "left_out": Column("left out"),
        "corrected": Column("corrected to it"),
        "support": Column("test clips"),
        "precision": Column("precision", percent),
        "recall": Column("recall", percent),
        "f1": Column("F1", percent),
        "average_precision": Column("average precision", score),
    },
}
