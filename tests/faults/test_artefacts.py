"""Files of earlier stages and checkpoints that are damaged, or of another run."""

import io
import json
import logging
import re
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import ArtifactError
from pipeline.files import artifacts, formats, weights
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


def forged(shape: str, descr: str = "'<f4'", data: bytes = bytes(48)) -> bytes:
    """A .npy whose header says what it is told to."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117 if len(header) < 118 else len(header)) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + data


ABSURD = {
    "of 2**62 rows": forged("(4611686018427387904, 3)"),
    "of so many rows that their bytes are none": forged("(4611686018427387904, 4, 4)"),
    "of no rows of 2**62": forged("(0, 4611686018427387904, 4611686018427387904)", data=b""),
    "of more rows than numbers have digits": forged(f"(1{'0' * 5000},)"),
    "of a negative length": forged("(-4, -3)"),
    "of lengths that are no numbers": forged("('4', 3)"),
    "of true": forged("(True, 12)"),
    "of nested axes": forged("((4, 3),)"),
    "of thirty axes": forged(f"(12,{' 1,' * 30})"),
    "of records": forged("(4,)", "[('a', '<f4', (3,))]"),
    "of numbers of a gigabyte": forged("(0,)", "'V1000000000'", b""),
    "of texts": forged("(1,)", "'<U12'"),
    "of objects": forged("(6,)", "'|O'"),
    "of a kind that is none": forged("(12,)", "{'f4': 1}"),
    "of nothing": forged("(4, 3)", "None"),
    "of code": forged("__import__('os').getcwd()"),
    "nested without end": b"\x93NUMPY\x01\x00" + (9000).to_bytes(2, "little") + b"(" * 9000 + bytes(48),
    "of another version": b"\x93NUMPY\x09\x00" + forged("(4, 3)")[8:],
    "of a header longer than the file": b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100),
}


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()


def twice(content: bytes) -> bytes:
    """Have the directory's second entry point at the first one's bytes, again and again."""
    begin = content.index(b"PK\x01\x02")
    entry_length = 46 + len("0-0.npy")
    entry, end = content[begin : begin + entry_length], content[begin + entry_length :]
    entries = b"".join(entry.replace(b"0-0.npy", f"{i}-0.npy".encode()) for i in range(10))
    end = bytearray(end)
    end[8:10] = end[10:12] = (10).to_bytes(2, "little")
    end[12:16] = len(entries).to_bytes(4, "little")
    return content[:begin] + entries + bytes(end)


GOOD = npy(np.arange(12, dtype=np.float32))
FORGED = {
    "a compressed bomb": archive({"0-0.npy": npy(np.zeros(2_000_000, np.float32))}, zipfile.ZIP_DEFLATED),
    "a bomb of another compression": archive({"0-0.npy": npy(np.zeros(2_000_000, np.float32))}, zipfile.ZIP_LZMA),
    "members that share their bytes": twice(archive({"0-0.npy": npy(np.zeros(10_000, np.float32))})),
    "another name": archive({"../0-0.npy": GOOD}),
    "a name without a number": archive({"weights.npy": GOOD}),
    "a number beyond all": archive({f"{'9' * 5000}-0.npy": GOOD}),
    "digits of another script": archive({"٣-0.npy": GOOD}),
    "a gap": archive({"0-0.npy": GOOD, "0-2.npy": GOOD}),
    "the same one again": archive({"0-0.npy": GOOD, "1-0.npy": GOOD, "1-00.npy": GOOD}),
    "no array": archive({"0-0.npy": b"hello"}),
    "an empty member": archive({"0-0.npy": b""}),
} | {f"an array {name}": archive({"0-0.npy": content}) for name, content in ABSURD.items()}


def bounded(path: Path, read: Callable[[], object]) -> None:
    """Have `read` refuse the file by its name, within a memory that its size bounds."""
    tracemalloc.start()
    try:
        with pytest.raises(ArtifactError, match=rf"{path.name}: .*run `dvc repro`"):
            read()
        assert tracemalloc.get_traced_memory()[1] < 4_000_000 + 20 * path.stat().st_size
    finally:
        tracemalloc.stop()


@pytest.mark.fault(75)
@pytest.mark.parametrize("content", ABSURD.values(), ids=ABSURD)
def test_an_array_of_an_absurd_header_is_refused_before_room_is_made(tmp_path: Path, content: bytes):
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    for shape in ((None,), (None, 3), (None, None, None)):
        bounded(path, lambda shape=shape: formats.read_array(path, shape=shape))


@pytest.mark.fault(75)
@pytest.mark.parametrize("content", FORGED.values(), ids=FORGED)
def test_weights_of_absurd_members_are_refused_and_no_bomb_is_read(tmp_path: Path, content: bytes):
    path = tmp_path / "weights.npz"
    path.write_bytes(content)
    bounded(path, lambda: weights.read(path))


SPOIL = st.one_of(
    st.tuples(st.just("flip"), st.integers(0, 10_000), st.integers(0, 255)),
    st.tuples(st.just("cut"), st.integers(0, 10_000), st.just(0)),
    st.tuples(st.just("double"), st.integers(0, 10_000), st.integers(1, 400)),
    st.tuples(st.just("ones"), st.integers(0, 10_000), st.integers(1, 8)),
)


def spoilt(content: bytes, how: list[tuple[str, int, int]]) -> bytes:
    for kind, place, value in how:
        at = place % max(1, len(content))
        if kind == "flip":
            content = content[:at] + bytes([value]) + content[at + 1 :]
        elif kind == "cut":
            content = content[:at]
        elif kind == "double":
            content = content[:at] + content[at : at + value] * 2 + content[at + value :]
        else:
            content = content[:at] + b"\xff" * value + content[at + value :]
    return content


@pytest.mark.fault(75)
@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SPOIL, min_size=1, max_size=4), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
def test_whatever_becomes_of_weights_they_are_read_or_refused(tmp_path: Path, how: list, compression: int):
    content = archive({"0-0.npy": GOOD, "0-1.npy": npy(np.ones((2, 2))), "1-0.npy": GOOD}, compression)
    (tmp_path / "w.npz").write_bytes(spoilt(content, how))
    with suppress(ArtifactError):
        assert sum(array.nbytes for arrays in weights.read(tmp_path / "w.npz").values() for array in arrays) < 5_000


@pytest.mark.fault(75)
@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SPOIL, min_size=1, max_size=4))
def test_whatever_becomes_of_a_table_or_json_it_is_read_or_refused(tmp_path: Path, how: list):
    table = b'clip_id,start,n_frames,text\na,0,3,"say ""x"""\nb,3,4,\'=1\n'
    for name, content, read in (
        ("t.csv", table, formats.read_table),
        ("j.json", json.dumps({"key": [1, 2.5, "x", None], "deep": {"a": [[]]}}).encode(), formats.read_json),
    ):
        (tmp_path / name).write_bytes(spoilt(content, how))
        with suppress(ArtifactError):
            read(tmp_path / name)


MANIFESTS = {
    "empty": {},
    "a list": ["state"],
    "of a file elsewhere": {"../../elsewhere": "0" * 64},
    "of an absolute name": {"/etc/passwd": "0" * 64},
    "of a name with NUL": {"a\0b": "0" * 64},
    "of one more file": None,
    "of a checksum that is none": {"weights.h5": 3},
}


@pytest.mark.fault(75)
@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=MANIFESTS)
def test_a_checkpoint_of_an_absurd_manifest_gives_way_to_the_one_before(tmp_path: Path, manifest: object):
    made = saved(tmp_path / "one")
    path = tmp_path / "one" / "round-0003" / "manifest.json"
    if manifest is None:
        manifest = json.loads(path.read_text()) | {"more.h5": "0" * 64}
    formats.write_json(path, manifest)
    (tmp_path / "one" / "round-of-nothing").mkdir()
    assert made.latest() == (2, tmp_path / "one" / "round-0002")
