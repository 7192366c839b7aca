"""Curves over epochs and rounds: the autoencoder's loss, and what each round used, chose and reached."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pipeline.reporting.figures.style import SMALL, LeftOut, Picture, bare, new_figure, plain, quiet, style


def autoencoder_loss(history: pd.DataFrame) -> list[Picture | LeftOut]:
    """Draw the autoencoder's loss by epoch.

    Args:
        history: `Run.history`.
    """
    history = history.dropna(subset=["loss"])
    if history.empty:
        return [LeftOut("Autoencoder loss", "its history has no epoch.")]
    figure = new_figure(3.4)
    axes = figure.subplots()
    for i, (column, name) in enumerate((("loss", "training"), ("val_loss", "validation"))):
        _line(axes, history["epoch"], history[column], i, name)
    axes.set(xlabel="epoch", ylabel="mean squared error", ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=SMALL, frameon=False)
    best = history["val_loss"].min()
    return [
        Picture(
            name="autoencoder_loss",
            figure=figure,
            alt="autoencoder loss by epoch, training and validation",
            caption=f"Loss of the autoencoder by epoch; the best validation loss is {best:.4f}. A validation curve "
            "that turns upwards while the training one falls means that it learns clips by heart.",
        )
    ]


def rounds(table: pd.DataFrame, *, truth_known: bool) -> list[Picture | LeftOut]:
    """Draw the rounds of every member.

    Args:
        table: from `results.tables.rounds`: one row a member and round.
        truth_known: whether it could be said how many of the selected labels are right.
    """
    if table.empty:
        return [LeftOut("The rounds as curves", "no member has finished a round.")]
    figure = new_figure(9.6)
    grid = figure.subplots(3, 2)
    for i, (name, rows) in enumerate(table.groupby("member", sort=False)):
        member = plain(str(name))
        _line(grid[0, 0], rows["round"], rows["val_accuracy"], i, member)
        _line(grid[0, 1], rows["round"], rows["trusted"] + rows["pseudo"], i, member)
        _line(grid[1, 0], rows["round"], rows["lower"], i, member)
        _line(grid[1, 1], rows["round"], rows["selected"] / rows["pool"].where(rows["pool"] > 0), i, member)
        _line(grid[2, 0], rows["round"], rows["selected"], i, member)
        _line(grid[2, 1], rows["round"], rows["selected_precision"], i, member)
    grid[0, 0].set(title="validation accuracy")
    grid[0, 1].set(title="clips trained on")
    grid[1, 0].set(title="threshold: least probability that is selected", ylim=(0, 1.03))
    grid[1, 1].set(title="share of the pool that was selected", ylim=(0, 1.03))
    grid[2, 0].set(title="clips selected for the next round")
    for counts in (grid[0, 1], grid[2, 0]):
        counts.set_ylim(0, 1.06 * max(counts.dataLim.y1, 1))
    grid[2, 1].set(title="share of selected labels that are right", ylim=(0, 1.03))
    if table["selected_precision"].isna().all():
        known = "the truth is not known" if not truth_known else "nothing was selected"
        _nothing(grid[2, 1], known)
    if table["val_accuracy"].isna().all():
        _nothing(grid[0, 0], "no member was validated")
    last = int(table["round"].max())
    for axes in (axes for axes in grid.flat if axes.has_data()):
        axes.set(xlabel="round", xlim=(0.7, last + 0.3))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    marks, names = grid[0, 1].get_legend_handles_labels()
    figure.legend(marks, names, loc="outside lower center", ncols=4, fontsize=SMALL, frameon=False)
    return [
        Picture(
            name="rounds",
            figure=figure,
            alt="by round and member: validation accuracy, clips trained on, threshold, selections and how right",
            caption="The rounds of self-training, a line a member. Self-training helps where validation accuracy "
            "rises with the rounds; more clips with a falling share of right labels means that the threshold is "
            "too low (`self_train.rounds.thresholds`). What the last round selects is not trained on."
            + (" There is one round here, so that every line is a point." if last == 1 else ""),
        )
    ]


def epochs(histories: dict[str, pd.DataFrame]) -> list[Picture | LeftOut]:
    """Draw each member's loss and accuracy over all epochs of all rounds.

    Args:
        histories: `MemberRun.history` of each, by its name.
    """
    fitted = {name: history for name, history in histories.items() if len(history)}
    if not fitted:
        return [LeftOut("Training curves", "no member has finished an epoch.")]
    figure = new_figure(0.3 + 2.7 * len(fitted))
    grid = figure.subplots(len(fitted), 2, squeeze=False)
    for (left, right), (member, epochs_of) in zip(grid, fitted.items(), strict=True):
        history = epochs_of.reset_index(drop=True)
        steps = pd.Series(range(1, len(history) + 1))
        for i, (prefix, name) in enumerate((("", "training"), ("val_", "validation"))):
            _line(left, steps, history[f"{prefix}loss"], i, name)
            _line(right, steps, history[f"{prefix}accuracy"], i, name)
        starts = history.index[history["round"].diff().fillna(0) != 0] + 0.5
        for axes in (left, right):
            for start in starts:
                axes.axvline(start, color="#999999", linewidth=0.8, linestyle=":")
            axes.set_xlabel("epoch, all rounds")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        left.set(title=f"{plain(member)}: loss", ylim=(0, None))
        right.set(title=f"{plain(member)}: accuracy", ylim=(0, 1.03))
    # A member that was not validated has no validation curve, another one may.
    drawn = [axes.get_legend_handles_labels() for axes in grid[:, 0]]
    marks = {name: mark for found in drawn for mark, name in zip(*found, strict=True)}
    figure.legend(marks.values(), marks.keys(), loc="outside lower center", ncols=2, fontsize=SMALL, frameon=False)
    return [
        Picture(
            name="training",
            figure=figure,
            alt="loss and accuracy by epoch for each member",
            caption="Loss and accuracy of each member over its epochs; a dotted line is where a round begins. Curves "
            "that still improve at the end ask for more epochs; a validation curve that worsens while the training one "
            "improves asks for fewer. Training accuracy is of mixed and masked clips where augmentation is on, so it "
            "may lie below validation accuracy.",
        )
    ]


def _line(axes: Axes, x: pd.Series, y: pd.Series, i: int, label: str) -> None:
    quiet(axes)
    if y.isna().all():
        return
    colour, marker = style(i)
    axes.plot(x, y, color=colour, marker=marker if len(x) <= 40 else "", markersize=4.5, linewidth=1.6, label=label)


def _nothing(axes: Axes, why: str) -> None:
    bare(axes)
    axes.text(0.5, 0.5, why, ha="center", va="center", transform=axes.transAxes)
