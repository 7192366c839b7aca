"""The confusion matrix as a picture."""

import numpy as np
import pandas as pd

from pipeline.reporting.figures.style import SMALL, LeftOut, Picture, new_figure, plain

WITH_NUMBERS = 20


def confusion(counts: pd.DataFrame) -> list[Picture | LeftOut]:
    """Draw which class the ensemble answers for which, on the test clips whose class is known.

    Args:
        counts: from `results.mistakes.counts`.
    """
    table = counts.to_numpy()
    if not table.any():
        return [LeftOut("Confusion matrix", "no test clip with a known label was scored.")]
    n = len(counts)
    side = max(5.0, 1.9 + 0.235 * n) if n > WITH_NUMBERS else max(6.0, 2.6 + 0.42 * n)
    figure = new_figure(side, side + 0.6)
    axes = figure.subplots()
    support = table.sum(axis=1, keepdims=True)
    share = np.divide(table, support, out=np.zeros(table.shape), where=support > 0)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1, interpolation="none")
    names = [plain(name, 24) for name in counts.columns]
    axes.set_xticks(range(n), names, rotation=90, fontsize=SMALL)
    axes.set_yticks(range(n), names, fontsize=SMALL)
    axes.set(xlabel="answered", ylabel="actual")
    if n <= WITH_NUMBERS:
        for row, column in zip(*np.nonzero(table), strict=True):
            ink = "white" if share[row, column] > 0.55 else "black"
            axes.text(column, row, str(table[row, column]), ha="center", va="center", color=ink, fontsize=SMALL)
    else:
        axes.set_xticks(np.arange(n) - 0.5, minor=True)
        axes.set_yticks(np.arange(n) - 0.5, minor=True)
        axes.grid(which="minor", color="#e8e8e8", linewidth=0.5)
        axes.tick_params(which="minor", length=0)
    figure.colorbar(image, ax=axes, label="share of the actual class", shrink=0.6, pad=0.02)
    counted = " The numbers count clips." if n <= WITH_NUMBERS else ""
    return [
        Picture(
            name="confusion",
            figure=figure,
            alt=f"confusion matrix of the ensemble over {n} classes on {int(table.sum())} test clips",
            caption="A row is an actual class, a column what the ensemble answered; the diagonal is right. A dark "
            f"square off the diagonal is a pair of classes that it mistakes for one another.{counted}",
        )
    ]
