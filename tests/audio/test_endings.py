"""Which files of a folder are sounds, and which are none of the user's."""

from pathlib import PurePath, PurePosixPath, PureWindowsPath

import pytest

from pipeline.audio import endings

MINE = ["a.wav", "Dog/b.WAV", "x.y/c.m4a", "./d.flac", "../e.opus", "a.b.mp3", "telephone.MOV", "cvs.wav", "f.webm"]
LEFT_BEHIND = [
    "._a.wav",
    "Dog/._b.wav",
    ".DS_Store",
    ".hidden.wav",
    "Thumbs.db",
    "Dog/thumbs.DB",
    "desktop.ini",
    "__MACOSX/Dog/a.wav",
    ".git/a.wav",
    ".stversions/a~20260101.wav",
    "$RECYCLE.BIN/a.wav",
    "@eaDir/a.wav/SYNO.wav",
    "CVS/a.wav",
]


@pytest.mark.parametrize("name", MINE)
def test_what_ends_as_a_sound_does_is_one(name: str) -> None:
    assert endings.is_sound(PurePosixPath(name))
    assert not endings.passed_over(PurePosixPath(name))


@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_what_systems_and_archives_leave_behind_is_passed_over(name: str) -> None:
    for path in (PurePosixPath(name), PureWindowsPath(name.replace("/", "\\"))):
        assert endings.passed_over(path)
        assert not endings.is_sound(path)


@pytest.mark.parametrize("name", ["notes.txt", "wav", "a.wav.part", "cover.jpg", "clips.csv", "a.mid"])
def test_what_is_no_sound_is_none_and_yet_the_user_s(name: str) -> None:
    assert not endings.is_sound(PurePath(name))
    assert not endings.passed_over(PurePath(name))


@pytest.mark.parametrize(
    "ending", ["m4a", "aac", "aifc", "mp2", "webm", "caf", "w64", "au", "wma", "mp4", "mov", "3gp"]
)
def test_what_telephones_browsers_and_archives_write_is_listed(ending: str) -> None:
    assert endings.is_sound(PurePath(f"a.{ending}"))
    assert endings.MEDIA_TYPES[f".{ending}"].startswith(("audio/", "video/"))
