"""The folder as a whole: inert whatever the data are called, the same each time, blind to the truth, and small."""

import dataclasses
import errno
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pipeline.explorer.write import STATIC, script, write_explorer

HOSTILE = ("</script><img src=x onerror=alert(1)>", "<!--", "=cmd|x", "a\u2028b\u2029c", "\"'\\", "狗吠", "__proto__")


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def write(folder, run, params):
    write_explorer(folder, run, params)
    return files(folder)


def test_the_page_its_data_and_its_pictures_are_there(written):
    _, folder, shown = written
    page = {str(path.relative_to(STATIC)) for path in STATIC.rglob("*") if path.is_file()}
    pictures = {f"sprites/{i:03d}.webp" for i in range(shown["sprites"]["files"])}
    assert set(files(folder)) == page | pictures | {"data.js"}
    assert shown["sprites"] == {"columns": 10, "rows": 10, "width": 128, "height": 64, "files": 1}
    assert (shown["version"], shown["title"], shown["run_id"]) == (1, "A run", "0123456789ab")
    assert shown["audio"] == "../../data/raw/"
    assert shown["reviews"][0]["note"] == "<b>"
    assert set(shown["queue"]["rows"]) <= set(range(len(shown["clips"]["id"])))


def test_the_same_run_gives_the_same_bytes(written, made_up, tmp_path):
    _, folder, _ = written
    assert write(tmp_path / "again", made_up.make(), made_up.params()) == files(folder)


def test_a_disk_that_is_full_in_the_midst_of_the_page_is_told_as_such(made_up, tmp_path, monkeypatch):
    whole = shutil.copyfile

    def copy(source, target):
        if Path(source).name == "map.js":
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        return whole(source, target)

    monkeypatch.setattr(shutil, "copyfile", copy)
    with pytest.raises(OSError, match="No space left on device") as caught:
        write_explorer(tmp_path / "explorer", made_up.make(), made_up.params())
    assert caught.value.errno == errno.ENOSPC


def test_the_truth_is_not_in_it(written, made_up, tmp_path):
    _, folder, _ = written
    run = made_up.make()
    for truth in (run.answers["truth"].iloc[::-1].to_numpy(), "", "Oboe"):
        poisoned = dataclasses.replace(run, answers=run.answers.assign(truth=truth))
        assert write(tmp_path / "poisoned", poisoned, made_up.params()) == files(folder)
        shutil.rmtree(tmp_path / "poisoned")


def test_hostile_names_are_inert_and_come_back_as_they_were(made_up, tmp_path):
    run = made_up.make(classes=HOSTILE)
    run = dataclasses.replace(
        run,
        answers=run.answers.assign(path=[f"{HOSTILE[i % len(HOSTILE)]}/{i}.wav" for i in range(len(run.answers))]),
        families={HOSTILE[0]: list(HOSTILE)},
    )
    write_explorer(tmp_path / "explorer", run, made_up.params(title=HOSTILE[0]))
    text = (tmp_path / "explorer" / "data.js").read_text(encoding="utf-8")
    assert not set(text) & set("<>&\u2028\u2029")
    assert len(text.splitlines()) == 1
    shown = made_up.read(tmp_path / "explorer")
    assert shown["classes"] == list(HOSTILE)
    assert shown["title"] == shown["families"][0] == HOSTILE[0]
    assert shown["clips"]["path"] == run.answers["path"].tolist()


def test_a_browser_reads_what_was_written():
    node = shutil.which("node")
    if node is None:
        pytest.skip("node not found: a JavaScript engine is needed to read the script as a browser does")
    shown = {"classes": [*HOSTILE, "&amp;", "\t\n\r\x00\x7f"], "n": [1.5, None, -0.0]}
    code = f"globalThis.window = globalThis;\n{script(shown)}\nconsole.log(JSON.stringify(window.EARMARK_DATA))"
    done = subprocess.run([node, "-e", code.replace("\0", "")], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == shown


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        script({"x": float("nan")})


def sounds(made_up, n):
    """A slope, some bursts, and ripple: as rough, and so as large, as the median of ESC-10 (1.0 kB a tile)."""
    random, kinds = np.random.default_rng(0), 150
    time, pitch = np.linspace(0, 1, 128)[:, None], np.linspace(1, 0, 64)[None, :]
    clips = []
    for _ in range(kinds):
        bursts = np.clip(np.sin(2 * np.pi * random.integers(1, 9) * (time + random.random())) * 4, 0, 1)
        level = random.random() * pitch + (1 - random.random() * bursts)
        clips.append(np.clip(0.5 * level + 0.035 * random.normal(size=(128, 64)), 0, 1))
    stored = made_up.features([clips[i % kinds] for i in range(kinds)], np.ones(kinds, bool))
    repeated = stored.index.iloc[np.arange(n) % kinds].reset_index(drop=True)
    ok = np.arange(n) != 7
    repeated = repeated.assign(n_frames=np.where(ok, 128, 0), status=np.where(ok, "ok", "quarantined"))
    return dataclasses.replace(stored, index=repeated)


@pytest.mark.slow
def test_ten_thousand_clips_stay_light(made_up, tmp_path):
    n, classes = 10_000, [f"A_class_with_a_name_{i:02d}" for i in range(41)]
    run = made_up.make(n, classes, ("small", "second", "report"), frames=sounds(made_up, n))
    found = write(tmp_path / "explorer", run, made_up.params(share=0.1))
    size = {"data.js": 0, "sprites": 0, "page": 0}
    for name, content in found.items():
        size[name.split("/")[0] if name.startswith(("data.js", "sprites")) else "page"] += len(content)
    print({name: f"{count / 1e6:.1f} MB" for name, count in size.items()})
    assert size["sprites"] > 6e6, "the pictures are too plain to show anything of real ones"
    assert size["sprites"] < 12e6
    assert sum(size.values()) < 25e6
