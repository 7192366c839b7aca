"""What is played is what the network heard, whatever the file is, and a nasty file costs nobody else an answer."""

import io
import signal
import socket
import struct
import threading
import time

import numpy as np
import pytest
import soundfile

from pipeline.audio.heard import heard
from pipeline.errors import DataError
from pipeline.files import formats
from pipeline.review import hearing
from pipeline.review.hearing import Clip, Ear

from .conftest import RATE

CLIP = "test.wav"


def put(review, name=CLIP, y=None, **how):
    """Put another sound in the place of a clip's, and let the run be made with it."""
    path = review.audio()[name]
    path.unlink()
    soundfile.write(path, np.sin(np.arange(1600) / 5) if y is None else y, RATE, **how)
    review.made_with()


@pytest.mark.fault(47)
@pytest.mark.parametrize(
    "how",
    [
        {"format": "AIFF"},
        {"format": "WAV", "subtype": "MS_ADPCM"},
        {"format": "WAV", "subtype": "IMA_ADPCM"},
        {"format": "WAV", "subtype": "ULAW"},
        {"format": "RF64"},
        {"format": "WAVEX", "subtype": "DOUBLE"},
    ],
    ids=lambda how: "_".join(how.values()),
)
def test_what_no_browser_plays_is_sent_as_the_network_heard_it(served, how):
    put(served, **how)
    answer = served.clip(CLIP)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "audio/wav")
    assert answer.body == served.heard(CLIP)
    info = soundfile.info(io.BytesIO(answer.body))
    assert (info.format, info.subtype, info.channels, info.samplerate) == ("WAV", "PCM_16", 1, RATE)


@pytest.mark.fault(47)
def test_stereo_at_another_rate_is_mono_at_that_of_the_features(served):
    served.audio()[CLIP].unlink()
    soundfile.write(served.audio()[CLIP], np.full((44_100, 2), 0.25), 44_100)
    served.made_with()
    sound, rate = soundfile.read(io.BytesIO(served.clip(CLIP).body))
    assert (rate, sound.shape) == (RATE, (RATE,))


@pytest.mark.fault(47)
@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "empty file"), (b"<html>404", "not audio"), (b"fLaC", "damaged")]
)
def test_what_cannot_be_decoded_is_refused_with_the_reason(served, content, reason):
    served.audio()[CLIP].unlink()
    served.audio()[CLIP].write_bytes(content)
    served.made_with()
    answer = served.clip(CLIP)
    assert (answer.status, answer.json["error"].partition(":")[0]) == (422, reason)
    assert served.clip(CLIP, headers={"Range": "bytes=0-"}).status == 422


@pytest.mark.fault(76)
class TestALinkThatWasTurnedElsewhere:
    def turn(self, review, target):
        link = review.audio()[CLIP]
        link.unlink()
        link.symlink_to(target)
        answer = review.clip(CLIP)
        assert b"root:" not in answer.body
        return answer.status, answer.json["error"]

    def test_leads_nowhere(self, served):
        status, error = self.turn(served, "/etc/passwd")
        assert status == 422
        assert "another sound than the run has heard; run `dvc repro`" in error

    def test_nor_to_another_sound(self, served, tmp_path):
        soundfile.write(tmp_path / "private.wav", np.zeros(800), RATE)
        assert self.turn(served, tmp_path / "private.wav")[0] == 422

    def test_nor_to_another_clip_of_the_run(self, served):
        assert self.turn(served, served.audio()["barks/0001.wav"].resolve())[0] == 422

    @pytest.mark.parametrize("target", ["/dev/zero", "/dev/tty", ".", "test.wav"])
    def test_nor_does_it_wait_for_a_device(self, served, target):
        assert self.turn(served, target)[0] in (404, 422)

    def test_nor_where_there_was_no_sound_when_the_run_was_made(self, served):
        link = served.audio()["barks/gone.wav"]
        link.unlink()
        link.symlink_to("/etc/passwd")
        assert served.clip("barks/gone.wav").status == 422

    def test_the_same_sound_elsewhere_is_the_same_sound(self, served, tmp_path):
        link = served.audio()[CLIP]
        copy = tmp_path / "moved.wav"
        copy.write_bytes(link.read_bytes())
        link.unlink()
        link.symlink_to(copy)
        assert served.clip(CLIP).status == 200


def hang(path, features):
    time.sleep(600)


def crash(path, features):
    signal.raise_signal(signal.SIGSEGV)


def refuse(path, features):
    raise DataError("damaged: of a kind of its own")


class TestNastyFiles:
    """The decoder is replaced in the worker, which is given it as a part of its call."""

    @pytest.fixture
    def ear(self):
        ear = Ear()
        yield ear
        ear.close()

    @pytest.fixture
    def clip(self, tmp_path):
        soundfile.write(tmp_path / "a.wav", np.zeros(800), RATE)
        return Clip(tmp_path / "a.wav", "", RATE, 1.0)

    @pytest.mark.parametrize(
        ("decoder", "reason"),
        [
            (hang, "decoding took longer than 2 s"),
            (crash, "decoding crashed (signal 11)"),
            (refuse, "damaged: of a kind of its own"),
        ],
    )
    def test_cost_their_own_answer_alone(self, ear, clip, monkeypatch, decoder, reason):
        monkeypatch.setattr(hearing, "SECONDS", 1.0)
        monkeypatch.setattr(hearing, "_hear", lambda_of(decoder))
        assert ear.hear(clip).problem == reason

    def test_do_not_keep_the_server(self, clip, monkeypatch):
        monkeypatch.setattr(hearing, "_hear", lambda_of(hang))
        ear = Ear()
        future = ear.pool.submit(ear.hear, clip)
        while not future.running():
            time.sleep(0.01)
        ear.close()
        assert future.result(1).problem
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("ear")]


def lambda_of(decoder):
    """What the pool can send to another process: a function of this module with one argument."""
    return {hang: _hang, crash: _crash, refuse: _refuse}[decoder]


def _hang(clip):
    hang(clip.path, clip)


def _crash(clip):
    crash(clip.path, clip)


def _refuse(clip):
    refuse(clip.path, clip)


def test_a_player_that_goes_on_to_the_next_clip_is_no_news(served, caplog):
    served.lengthen(CLIP, 2_000_000)
    assert served.clip(CLIP).status == 200
    for received in (0, 10, 100_000):
        with socket.create_connection(("127.0.0.1", served.port)) as player:
            player.sendall(f"GET /clips/{CLIP} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())
            player.recv(received) if received else None
            # Hang up at once, with what is on its way unread.
            player.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert served.clip(CLIP).status == 200
    assert [record.getMessage() for record in caplog.records] == []


class TestWhatIsKept:
    def test_a_clip_is_decoded_once_and_again_when_its_file_changes(self, served, monkeypatch):
        asked = []
        whole = hearing.workers.run
        monkeypatch.setattr(hearing.workers, "run", lambda *a, **k: asked.append(a) or whole(*a, **k))
        first = served.clip(CLIP).body
        for part in ("0-9", "10-", "-5"):
            served.clip(CLIP, headers={"Range": f"bytes={part}"})
        assert len(asked) == 1
        put(served)
        assert served.clip(CLIP).body != first
        assert len(asked) == 2

    def test_no_more_than_so_much(self, monkeypatch, tmp_path):
        monkeypatch.setattr(hearing, "KEPT", 5_000)
        ear, kept = Ear(), []
        monkeypatch.setattr(ear, "_decode", lambda clip: kept.append(clip) or hearing.Sound(bytes(2_000)))
        clips = [Clip(tmp_path / f"{i}.wav", "", RATE, 1.0) for i in range(4)]
        for clip in (*clips, clips[3], clips[0]):
            ear.hear(clip)
        assert kept == [*clips, clips[0]]
        ear.close()


def test_a_run_that_does_not_say_how_it_heard_is_named(served):
    formats.write_json(served.run / "features" / "features.json", {"sr": "fast", "max_seconds": 1})
    answer = served.clip(CLIP)
    assert (answer.status, "features.json: sr 'fast'" in answer.json["error"]) == (409, True)


def test_what_is_heard_is_not_trimmed(tmp_path):
    y = np.concatenate([np.zeros(800), np.sin(np.arange(800)), np.zeros(800)])
    soundfile.write(tmp_path / "a.wav", y, RATE)
    sound, _ = soundfile.read(io.BytesIO(heard(tmp_path / "a.wav", Clip(tmp_path, "", RATE, 60.0))))
    assert len(sound) == len(y)
