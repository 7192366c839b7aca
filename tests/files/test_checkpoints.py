"""Checkpoints are whole, checked and never another run's."""

from pathlib import Path

import pytest

from pipeline.errors import ArtifactError
from pipeline.files.checkpoints import Checkpoints


def save(checkpoints: Checkpoints, number: int) -> None:
    checkpoints.save(number, lambda folder: (folder / "state").write_bytes(bytes([number]) * 100) and None)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[50] ^= 1
    path.write_bytes(data)


def test_the_newest_is_found_and_two_are_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "c", "key")
    assert checkpoints.latest() is None
    for number in (1, 2, 3):
        save(checkpoints, number)
    assert Checkpoints(tmp_path / "c", "key").latest() == (3, tmp_path / "c" / "round-0003")
    assert sorted(p.name for p in (tmp_path / "c").glob("round-*")) == ["round-0002", "round-0003"]


def test_a_flipped_bit_sends_back_one_round_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    checkpoints = Checkpoints(tmp_path / "c", "key")
    save(checkpoints, 1)
    save(checkpoints, 2)
    flip(tmp_path / "c" / "round-0002" / "state")
    found = checkpoints.latest()
    assert found is not None
    assert found[0] == 1
    assert "damaged" in caplog.text
    flip(tmp_path / "c" / "round-0001" / "state")
    with pytest.raises(ArtifactError, match="every checkpoint is damaged"):
        checkpoints.latest()


def test_another_key_starts_over_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    save(Checkpoints(tmp_path / "c", "key"), 1)
    assert Checkpoints(tmp_path / "c", "other").latest() is None
    assert "not used" in caplog.text


def test_a_writer_that_fails_leaves_the_rounds_as_they_were(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "c", "key")
    save(checkpoints, 1)

    def fail(folder: Path) -> None:
        (folder / "state").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        checkpoints.save(2, fail)
    found = checkpoints.latest()
    assert found is not None
    assert found[0] == 1
    assert [p.name for p in (tmp_path / "c").iterdir() if p.name.startswith(".")] == []
