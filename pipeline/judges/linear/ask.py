"""Ask the linear judge: a few seconds, no network."""

from pipeline.judges.linear import regression
from pipeline.judges.question import Question
from pipeline.judges.said import Said


def ask(question: Question) -> Said:
    """Return what logistic regression says of every training clip.

    Raises:
        DataError: a class or a fold lacks verified clips.
    """
    settings = question.settings.linear
    assert settings is not None
    summaries = regression.summaries(question.features)
    return Said(regression.judge(summaries, question.roles(), len(question.classes), settings.strength))


def forget(question: Question) -> None:
    """It keeps nothing between runs."""
