"""The explorer's folder: the page as it is, what it shows as one script, and the pictures."""

import json
import shutil
from pathlib import Path
from typing import Any

from pipeline.explorer import records
from pipeline.explorer.neighbours import nearest
from pipeline.explorer.problems import problems
from pipeline.explorer.queue import queue
from pipeline.explorer.sprites import COLUMNS, HEIGHT, ROWS, WIDTH, write_sprites
from pipeline.files.frames import Frames
from pipeline.latents import scaling
from pipeline.params.schema import Params
from pipeline.results.run import Run

VERSION = 1
STATIC = Path(__file__).parent / "static"
# From the page, `reports/explorer/index.html`, opened from disk.
AUDIO = "../../data/raw/"
# In a script these could end it, or its line, early.
ESCAPED = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def write_explorer(folder: Path, run: Run, params: Params) -> None:
    """Write index.html and what it loads, `data.js` and `sprites/` into a new `folder`."""
    write_page(folder, run.features, contents(run, params))


def write_page(folder: Path, features: Frames, shown: dict[str, Any]) -> None:
    """Write a page of `shown`, as `contents` gives it, with the pictures of `features`."""
    _copy(STATIC, folder)
    tiles, files = write_sprites(folder / "sprites", features)
    shown["clips"]["tile"] = tiles.tolist()
    shown["sprites"] = {"columns": COLUMNS, "rows": ROWS, "width": WIDTH, "height": HEIGHT, "files": files}
    (folder / "data.js").write_text(script(shown), encoding="utf-8")


def _copy(source: Path, folder: Path) -> None:
    """Copy a folder of files, and stop at the first that cannot be: `shutil.copytree` goes on, and loses the reason."""
    folder.mkdir(parents=True)
    for path in sorted(source.rglob("*")):
        target = folder / path.relative_to(source)
        if path.is_dir():
            target.mkdir()
        else:
            shutil.copyfile(path, target)


def contents(run: Run, params: Params) -> dict[str, Any]:
    """Return what the page shows, but for the pictures."""
    settings, verified = params.space, run.labels["verified"].to_numpy() & run.train
    space = scaling.training_space(run.latents, run.train, **settings.model_dump(), seed=params.seed)
    asked = queue(run, params.report.hidden_verified, params.seed)
    return {
        "version": VERSION,
        "title": params.report.title,
        "run_id": run.run_id,
        "audio": AUDIO,
        "start": False,
        "classes": run.classes,
        "families": list(run.families),
        "members": [member.name for member in run.members],
        "statuses": list(records.STATUSES),
        "maps": records.maps(run),
        "clips": {**records.columns(run), "near": nearest(space, verified)},
        "problems": problems(run.audit, run.answers["clip_id"].tolist()),
        "selections": records.selections(run),
        "reviews": run.reviews.to_dict("records"),
        "queue": {"rows": asked.rows, "why": asked.why, "kind": asked.kind},
    }


def script(shown: dict[str, Any]) -> str:
    """Return `shown` as one line of JavaScript that is also inert inside an HTML page."""
    text = json.dumps(shown, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"window.EARMARK_DATA = {text.translate(ESCAPED)};\n"
