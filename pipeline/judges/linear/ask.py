"""Ask the linear judge: a few seconds, no network."""

from pipeline.judges.linear import regression
from pipeline.judges.question import Question
from pipeline.judges.said import Said


def ask(question: Question) -> Said:
    """Return what logistic regression says of every training clip.

    Raises:
        DataError: a class or a fold lacks verified clips.
    """
    summaries = regression.summaries(question.features)
    strength = question.settings.linear.strength
    return Said(regression.judge(summaries, question.roles(), len(question.classes), strength))


def forget(question: Question) -> None:
    """It keeps nothing between runs."""
