"""The sentences that open the page's parts: each answers the part's question with this run's numbers."""

from collections.abc import Mapping

import pandas as pd

from pipeline.params.schema import Ensemble
from pipeline.reporting.page import percent
from pipeline.results import mistakes
from pipeline.results.run import Run

Found = Mapping[str, int | float]
LOOKED_AT = (
    "length, level, channels and band of the sound, sounds that are the same or nearly so, labels, and the sizes of "
    "classes and groups"
)


def answers(run: Run, made: Mapping[str, pd.DataFrame], found: Found, settings: Ensemble) -> dict[str, str]:
    """Return one or two sentences a part, by the part's name.

    Args:
        run: the run.
        made: the report's tables by name.
        found: what `numbers` returned.
        settings: the params' section `ensemble`.
    """
    said = {
        "went_in": went_in(run),
        "problems": problems(run, found),
        "promoted": promoted(found),
        "learned": learned(made["rounds"], made["members_and_means"], found, settings),
        "fails": fails(run),
        "next": what_next(run),
    }
    return said | ({"review": review(found)} if "review.clips" in found else {})


def counted(n: float, thing: str) -> str:
    """Return `1 clip`, `1,234 clips`."""
    return f"{n:,.0f} {thing}" if n == 1 else f"{n:,.0f} {thing}s"


def _interval(found: Found, name: str) -> str:
    share = percent(found[name])
    if f"{name}_low" not in found:
        return share
    return f"{share} (95% interval: {percent(found[f'{name}_low'])} to {percent(found[f'{name}_high'])})"


def went_in(run: Run) -> str:
    """Say how many clips there are, what is known of them, and what could not be used."""
    train, labelled = run.train, (run.answers["label"] != "").to_numpy()
    verified, lost = train & run.answers["verified"].to_numpy(), int((~run.features.ok).sum())
    rest = int((train & labelled & ~verified).sum())
    said = (
        f"{counted(len(train), 'clip')} of {len(run.classes):,} {'class' if len(run.classes) == 1 else 'classes'}: "
        f"{train.sum():,} to train on, {(~train).sum():,} to test with. Somebody has verified the labels of "
        f"{verified.sum():,} training clips"
    )
    said += f" ({percent(verified.sum() / train.sum())})" if train.any() else ""
    said += f"; the {rest:,} other labels are what this run had to judge." if rest else "; there is no other label."
    if bare := int((train & ~labelled).sum()):
        said += f" {counted(bare, 'training clip')} came without a label."
    return f"{said} {counted(lost, 'clip')} could not be used." if lost else f"{said} Every clip could be read."


def problems(run: Run, found: Found) -> str:
    """Say how many clips have a problem and which is the most frequent, or that none has one."""
    if run.audit.empty:
        return f"None was found: {LOOKED_AT} of {counted(len(run.answers), 'clip')}."
    clips, kinds = found["audit.clips"], run.audit["problem"].nunique()
    said = f"{clips:,} of {counted(len(run.answers), 'clip')} {'has' if clips == 1 else 'have'} a problem"
    return f"{said}, of {counted(kinds, 'kind')}, found before anything was trained. Looked at: {LOOKED_AT}."


def promoted(found: Found) -> str:
    """Say what became of the unverified labels, and how right that is taken to be."""
    kinds = ("promoted", "corrected", "left_out")
    n, corrected, left_out = (int(found[f"promotion.{kind}"]) for kind in kinds)
    if not n + corrected + left_out:
        return "There was no unverified label to judge."
    said = f"Of {counted(n + corrected + left_out, 'label')} that nobody has verified"
    said += f" ({found['promotion.reviewed']:,} others were reviewed)" if found["promotion.reviewed"] else ""
    said += f", {n:,} {'was' if n == 1 else 'were'} promoted, {corrected:,} corrected and {left_out:,} left out"
    before, after = found["promotion.trusted_before"], found["promotion.trusted_after"]
    said += f": the labels that can be trusted went from {percent(before)} to {percent(after)} of the training clips."
    if not n:
        return said
    if "promotion.estimated_precision" not in found:
        said += " How many of the promotions are right could not be estimated"
    else:
        said += f" An estimated {_interval(found, 'promotion.estimated_precision')} of the promotions are right"
    if "promotion.precision" in found:
        said += f"; by the truth, which is known here, {percent(found['promotion.precision'])}"
    said += "."
    if "promotion.correction_precision" in found:
        said += f" Of the corrections, {percent(found['promotion.correction_precision'])} are right by the truth."
    return said


def review(found: Found) -> str:
    """Say what was heard, how right the promotions are by ear, and how far to trust the ear."""
    one = found["review.clips"] == 1
    ways = [f"{found[f'review.{way}']:,} {way}" for way in ("accepted", "relabelled", "rejected")]
    said = f"{counted(found['review.clips'], 'clip')} {'was' if one else 'were'} listened to: {', '.join(ways)}, "
    said += f"{found['review.unsure']:,} undecided."
    if "review.promotion_precision" in found:
        heard = counted(found["review.promotion_precision_clips"], "promotion")
        said += f" By the reviewer's ear, {_interval(found, 'review.promotion_precision')} of {heard} heard are right."
    if "review.reviewer_agreement" in found:
        heard = counted(found["review.reviewer_agreement_clips"], "clip")
        said += f" On {heard} with a label that was verified before, the reviewer agreed with "
        said += f"{_interval(found, 'review.reviewer_agreement')}."
    return said


def learned(rounds: pd.DataFrame, members: pd.DataFrame, found: Found, settings: Ensemble) -> str:
    """Say what the members learned from, and what they score, together and the best one alone."""
    single = members[members["kind"] == "member"]
    said = counted(len(single), "network")
    if len(rounds):
        most = rounds[["trusted", "pseudo"]].max()
        said += f" learned from up to {counted(most['trusted'], 'clip')} with a trusted or corrected label"
        said += f", and from {most['pseudo']:,} more of which the class is only guessed." if most["pseudo"] else "."
    else:
        said += " finished no round."
    if "ensemble.test_accuracy" not in found:
        return f"{said} No label of a test clip is known, so nothing is scored on test clips."
    together = percent(found["ensemble.test_accuracy"])
    clips = counted(found["ensemble.test_clips"], "test clip")
    if len(single) == 1:
        return f"{said} It is right on {together} of {clips}."
    best = single.sort_values("test_accuracy", ascending=False, kind="stable").iloc[0]
    said += f" Together ({settings.method} mean) they are right on {together} of {clips}, the best one alone "
    return f"{said}(“{best['name']}”) on {percent(best['test_accuracy'])}."


def fails(run: Run) -> str:
    """Say how many test clips are answered wrongly, which pair most often, and which class is the weakest."""
    answered = mistakes.confusion(run)
    wrong = answered[answered["actual"] != answered["predicted"]]
    if answered.empty:
        return "No label of a test clip is known, so that mistakes cannot be counted."
    if wrong.empty:
        return f"The ensemble answers all of {counted(len(answered), 'test clip')} right."
    pair = mistakes.mistakes(run, 1).iloc[0]
    worst = mistakes.per_class(run).sort_values("f1", kind="stable").iloc[0]
    said = (
        f"{len(wrong):,} of {counted(len(answered), 'test clip')} ({percent(len(wrong) / len(answered))}) "
        f"{'is' if len(wrong) == 1 else 'are'} answered wrongly, most often {pair['actual']} as {pair['predicted']} "
        f"({counted(pair['clips'], 'clip')}). The weakest class is {worst['class']}: {percent(worst['recall'])} of its "
        "clips are found"
    )
    if (answered["predicted"] == worst["class"]).any():
        said += f", and {percent(worst['precision'])} of what is called so is right"
    return f"{said}."


def what_next(run: Run) -> str:
    """Say how many clips are worth a listen, and where to begin."""
    outcome, open_ = run.labels["outcome"], run.unverified & (run.labels["review"] == "") & run.features.ok
    left_out, corrected = (int((open_ & (outcome == kind)).sum()) for kind in ("left_out", "corrected"))
    if not (run.unverified & run.features.ok).any():
        return "Nothing waits to be heard: every training clip is verified."
    return (
        f"{counted(left_out, 'clip')} {'is' if left_out == 1 else 'are'} undecided, and {corrected:,} "
        f"{'is' if corrected == 1 else 'are'} taken for another class than the one given. A few minutes of listening "
        "say more about these than any judge here can."
    )
