"""Pictures of what networks see: originals above reconstructions, and the maps of a member's first layer."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from pipeline.reporting.figures.style import SMALL, LeftOut, Picture, bare, new_figure, plain, slug

COLOURS = "cividis"
ACROSS = 4


@dataclass(frozen=True)
class FirstMaps:
    """What a member's first layer answers to one clip: float32 (k, frames, bins)."""

    member: str
    maps: np.ndarray
    clip: str
    label: str


def reconstructions(pairs: np.ndarray, clips: list[str], labels: list[str], count: int) -> list[Picture | LeftOut]:
    """Draw up to `count` clips, each original above its reconstruction.

    Args:
        pairs: float32 (2, k, frames, bins), originals, then reconstructions.
        clips: clip_id of each.
        labels: of each, `''` where it has none.
        count: the most to draw.
    """
    shown = pairs[:, :count]
    if shown.size == 0:
        return [LeftOut("Originals and reconstructions", "the autoencoder kept none: no clip was held out to show.")]
    n = shown.shape[1]
    across = min(3, n)
    down = -(-n // across)
    figure = new_figure(0.4 + 3.4 * down)
    blocks = np.atleast_2d(figure.subfigures(down, across, squeeze=False))
    low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
    for i, block in enumerate(blocks.flat):
        if i >= n:
            continue
        top, bottom = block.subplots(2, 1)
        _draw(top, shown[0, i], low, high)
        _draw(bottom, shown[1, i], low, high)
        top.set_title(f"{plain(labels[i] or 'no label', 22)}\n{plain(clips[i], 24)}", fontsize=SMALL)
        if i % across == 0:
            top.set_ylabel("original", fontsize=SMALL)
            bottom.set_ylabel("reconstruction", fontsize=SMALL)
    return [
        Picture(
            name="reconstructions",
            figure=figure,
            alt=f"{n} clips as spectrograms, each above its reconstruction by the autoencoder",
            caption="Clips that the autoencoder was not fitted on, above what it makes of them from their latents "
            "(time to the right, bins upwards, one scale for all). What a reconstruction loses, label spreading cannot "
            "see.",
        )
    ]


def feature_maps(first: list[FirstMaps], count: int) -> list[Picture | LeftOut]:
    """Draw up to `count` maps of each member's first layer."""
    return [_maps(of, of.maps[:count]) for of in first]


def _maps(of: FirstMaps, maps: np.ndarray) -> Picture | LeftOut:
    if maps.size == 0 or not np.isfinite(maps).all():
        return LeftOut(f"First-layer feature maps of {of.member}", "there are none, or they are not finite.")
    n = len(maps)
    down = -(-n // ACROSS)
    figure = new_figure(0.4 + 1.7 * down)
    grid = figure.subplots(down, ACROSS, squeeze=False)
    for i, axes in enumerate(grid.flat):
        if i >= n:
            axes.set_axis_off()
            continue
        _draw(axes, maps[i], float(maps[i].min()), float(maps[i].max()))
        axes.set_title(f"filter {i + 1}", fontsize=SMALL)
    return Picture(
        name=f"feature_maps_{slug(of.member)}",
        figure=figure,
        alt=f"first-layer feature maps of member {of.member} for clip {of.clip}",
        caption=f"What the first {n} filters of member “{of.member}” answer to one clip, {of.clip} "
        f"({of.label or 'no label'}): time to the right, bins upwards, each filter on its own scale. Maps that are all "
        "alike or empty are filters that learnt nothing.",
    )


def _draw(axes: Axes, frames: np.ndarray, low: float, high: float) -> None:
    """Draw (frames, bins); a single bin is a curve."""
    if frames.shape[1] == 1:
        axes.plot(frames[:, 0], linewidth=0.8)
        axes.set_ylim(low, high if high > low else low + 1)
    else:
        axes.imshow(frames.T, origin="lower", aspect="auto", cmap=COLOURS, vmin=low, vmax=high, interpolation="none")
    bare(axes)
