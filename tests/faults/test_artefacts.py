"""Files of earlier stages and checkpoints that are damaged, or of another run."""

import io
import logging
import re
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import ArtifactError
from pipeline.files import artifacts, formats
from pipeline.files.checkpoints import Checkpoints
from tests.faults.conftest import Project


def npy(array: np.ndarray, **how: bool) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **how)
    return buffer.getvalue()


def npz(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, array)
    return buffer.getvalue()


HEADER = re.compile(rb"'shape': \((\d+),")
BAD = {
    "empty": lambda good: b"",
    "short": lambda good: good[:-1],
    "half a header": lambda good: good[:40],
    "of more rows than it has": lambda good: HEADER.sub(rb"'shape': (99,", good),
    "of more rows than there are": lambda good: good.replace(b", }        ", b"00000000000000000000, }", 1),
    "of objects": lambda good: npy(np.array([{"a": 1}], object), allow_pickle=True),
    "a pickle": lambda good: b"\x80\x04cos\nsystem\n",
    "an archive of arrays": lambda good: npz(np.zeros(3)),
    "of numbers twice as wide": lambda good: npy(np.zeros((12, 2), np.float64)),
}
READ = [
    ("spread", "latents/latents.npy"),
    ("spread", "judged/network/probs.npy"),
    ("spread", "judged/linear/probs.npy"),
    ("spread", "judged/network/neighbours.npy"),
    ("ensemble", "members/two/probs.npy"),
    ("project", "latents/latents.npy"),
    ("report", "features/frames.npy"),
    ("report", "labels/posterior.npy"),
]


@pytest.fixture(scope="module")
def shared(prepared: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy whose files are damaged one at a time and mended."""
    folder = tmp_path_factory.mktemp("shared") / "project"
    shutil.copytree(prepared.folder, folder, symlinks=True)
    data = folder / "data"
    formats.write_table(data / "latents" / "reconstructions.csv", artifacts.read_files(data / "clips")[["clip_id"]][:1])
    formats.write_array(data / "latents" / "reconstructions.npy", np.zeros((2, 1, 4, 4), np.float32))
    made = Project(folder, prepared.params)
    made.passes("project")
    return made


@pytest.mark.fault(29)
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(("stage", "name"), READ)
def test_an_array_that_cannot_be_is_refused(shared: Project, stage: str, name: str, bad: str):
    path = shared.data / name
    good = path.read_bytes()
    path.write_bytes(BAD[bad](good))
    assert path.read_bytes() != good
    try:
        words = shared.refused(stage)
    finally:
        path.write_bytes(good)
    assert words.startswith(f"data/{name}: ")
    assert "run `dvc repro`" in words


@pytest.mark.fault(29)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=st.lists(st.tuples(st.integers(6, 90), st.integers(0, 255)), min_size=1, max_size=4))
def test_whatever_a_header_says_it_is_read_or_refused(tmp_path: Path, flips: list[tuple[int, int]]):
    content = bytearray(npy(np.ones((4, 3), np.float32)))
    for place, value in flips:
        content[place] = value
    (tmp_path / "a.npy").write_bytes(content)
    with suppress(ArtifactError):
        assert formats.read_array(tmp_path / "a.npy", shape=(None, 3)).shape[1] == 3


@pytest.mark.fault(29)
@pytest.mark.parametrize(
    ("stage", "name", "text", "words"),
    [
        ("ensemble", "members/two/member.json", "{}", "lacks hold_out, classes"),
        ("ensemble", "members/two/member.json", "[" * 100_000, "not JSON"),
        ("ensemble", "members/two/member.json", '{"fold"', "not JSON"),
        ("report", "features/features.json", "[]", "lacks kind, n_bins"),
        ("report", "features/features.json", '{"kind": "mel", "n_bins": 99}', "found n_bins 99, but frames.npy has 16"),
        ("report", "labels/families.json", '{"all": ["Moo"]}', "expected lists of the run's classes"),
    ],
)
def test_settings_of_an_artefact_that_cannot_be_are_refused(
    shared: Project, stage: str, name: str, text: str, words: str
):
    path = shared.data / name
    good = path.read_bytes()
    path.write_text(text)
    try:
        assert shared.refused(stage).startswith(f"data/{name}: {words}")
    finally:
        path.write_bytes(good)


def saved(folder: Path, key: str = "of this run") -> Checkpoints:
    """Checkpoints of rounds 1 to 3, of which the last two are kept."""
    made = Checkpoints(folder, key)
    for number in (1, 2, 3):
        made.save(number, lambda inside, number=number: (inside / "weights.h5").write_bytes(bytes([number]) * 100))
    return made


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.fault(30)
def test_a_checkpoint_with_a_flipped_bit_gives_way_to_the_one_before(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    made = saved(tmp_path / "one")
    flip(tmp_path / "one" / "round-0003" / "weights.h5")
    with caplog.at_level(logging.WARNING):
        assert made.latest() == (2, tmp_path / "one" / "round-0002")
    assert "round-0003: damaged checkpoint, going back one round" in caplog.text


@pytest.mark.fault(30)
@pytest.mark.parametrize("file", ["weights.h5", "manifest.json"])
def test_where_every_checkpoint_is_damaged_the_run_is_refused(tmp_path: Path, file: str):
    made = saved(tmp_path / "one")
    for folder in (tmp_path / "one").glob("round-*"):
        flip(folder / file)
    with pytest.raises(ArtifactError, match="one: every checkpoint is damaged; remove the folder to start over"):
        made.latest()


@pytest.mark.fault(31)
def test_a_checkpoint_of_another_run_is_never_used(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    saved(tmp_path / "one")
    with caplog.at_level(logging.WARNING):
        assert Checkpoints(tmp_path / "one", "of another").latest() is None
    assert "one: checkpoint of other settings, data or code; not used, starting over" in caplog.text
