"""Of what kind a file is, by its first bytes; and what a file that holds no sound, or none that is read, is called."""

import io
from dataclasses import dataclass

from pipeline.errors import DataError

_HEAD = 4_096  # bytes that are looked at
_CONVERT = "this converts it: ffmpeg -i FILE FILE.flac"


@dataclass(frozen=True)
class Kind:
    """A container: its name, FFmpeg's name for what reads it ('' for none), and whether libsndfile may read it."""

    name: str
    demuxer: str
    exact: bool = False


WAV = Kind("WAV", "wav", exact=True)
W64 = Kind("W64", "w64", exact=True)
AIFF = Kind("AIFF", "aiff", exact=True)
CAF = Kind("CAF", "caf", exact=True)
AU = Kind("AU", "au", exact=True)
FLAC = Kind("FLAC", "flac", exact=True)
OGG = Kind("Ogg", "ogg", exact=True)
MPEG = Kind("MP3", "mp3", exact=True)
ADTS = Kind("AAC", "aac")
MP4 = Kind("MP4", "mov")
MATROSKA = Kind("WebM or Matroska", "matroska")
ASF = Kind("WMA", "asf")
AMR = Kind("AMR", "amr")
WAVPACK = Kind("WavPack", "wv")
TTA = Kind("TTA", "tta")
APE = Kind("Monkey's Audio", "ape")
AVI = Kind("AVI", "avi")

_SOUNDS: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"RF64", WAV),
    (0, b"RIFX", WAV),
    (8, b"AVI ", AVI),
    (0, b"FORM", AIFF),
    (0, b"riff\x2e\x91\xcf\x11", W64),
    (0, b"caff", CAF),
    (0, b".snd", AU),
    (0, b"dns.", AU),
    (0, b"fLaC", FLAC),
    (0, b"OggS", OGG),
    (0, b"\x1a\x45\xdf\xa3", MATROSKA),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ASF),
    (0, b"#!AMR", AMR),
    (0, b"wvpk", WAVPACK),
    (0, b"TTA1", TTA),
    (0, b"MAC ", APE),
    (4, b"moov", MP4),
    (4, b"mdat", MP4),
    (4, b"wide", MP4),
)
_PICTURE, _NOTES = "not audio: a picture ({})", "not audio: {}, notes without a sound; play it into a WAV first"
_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG", _PICTURE.format("PNG")),
    (0, b"\xff\xd8\xff", _PICTURE.format("JPEG")),
    (0, b"GIF8", _PICTURE.format("GIF")),
    (8, b"WEBP", _PICTURE.format("WebP")),
    (0, b"II*\0", _PICTURE.format("TIFF")),
    (0, b"MM\0*", _PICTURE.format("TIFF")),
    (4, b"ftyphei", _PICTURE.format("HEIC")),
    (4, b"ftypmif", _PICTURE.format("HEIC")),
    (4, b"ftypavi", _PICTURE.format("AVIF")),
    (0, b"%PDF", "not audio: a PDF"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "not audio: a document of an older Office (Excel, Word, PowerPoint)"),
    (0, b"\x1f\x8b", "not audio: an archive (gzip); unpack it"),
    (0, b"7z\xbc\xaf", "not audio: an archive (7z); unpack it"),
    (0, b"Rar!", "not audio: an archive (RAR); unpack it"),
    (0, b"\xfd7zXZ", "not audio: an archive (xz); unpack it"),
    (257, b"ustar", "not audio: an archive (tar); unpack it"),
    (0, b"SQLite format 3", "not audio: a database (SQLite; an Audacity project is one: export its sound as WAV)"),
    (0, b"\x89HDF", "not audio: data (HDF5)"),
    (0, b"\x93NUMPY", "not audio: an array (NumPy)"),
    (0, b"\x7fELF", "not audio: a program"),
    (0, b"MThd", _NOTES.format("MIDI")),
    (8, b"RMID", _NOTES.format("MIDI")),
    (0, b"Extended Module", _NOTES.format("a tracker's module")),
    (0, b"IMPM", _NOTES.format("a tracker's module")),
    (0, b"#EXTM3U", "not audio: a playlist, a list of sounds without their sound"),
    (0, b"[playlist]", "not audio: a playlist, a list of sounds without their sound"),
    (4, b"ftypaax", "protected: Audible's DRM; only who sold it can give an open file"),
    (4, b"ftypM4P", "protected: DRM (M4P); only who sold it can give an open file"),
    (0, b"NIST_1A", f"not read: NIST SPHERE; {_CONVERT}"),
    (0, b"Creative Voice File", f"not read: VOC; {_CONVERT}"),
    (0, b".RMF", f"not read: RealMedia; {_CONVERT}"),
    (0, b".ra\xfd", f"not read: RealAudio; {_CONVERT}"),
    (0, b"FLV\x01", f"not read: Flash video; {_CONVERT}"),
    (0, b"\0\0\x01\xba", f"not read: an MPEG film; {_CONVERT}"),
    (0, b"DSD ", f"not read: DSD (DSF); {_CONVERT}"),
    (0, b"FRM8", f"not read: DSD (DFF); {_CONVERT}"),
    (0, b"MPCK", f"not read: Musepack; {_CONVERT}"),
    (0, b"MP+", f"not read: Musepack; {_CONVERT}"),
    (0, b"\x0b\x77", f"not read: AC-3; {_CONVERT}"),
    (0, b"\x7f\xfe\x80\x01", f"not read: DTS; {_CONVERT}"),
    (0, b"tBaK", f"not read: TAK; {_CONVERT}"),
    (0, b"ajkg", f"not read: Shorten; {_CONVERT}"),
    (0, b"ADIF", f"not read: AAC (ADIF); {_CONVERT}"),
)


def of(file: io.FileIO) -> Kind:
    """Return of what kind an open file is.

    Raises:
        DataError: it holds no sound, or none that is read; says what it is, as far as that is known.
    """
    file.seek(0)
    head = file.read(_HEAD)
    for place, magic, words in _OTHERS:
        if head.startswith(magic, place):
            raise DataError(words)
    if head[:4] == b"RIFF" and head[8:12] != b"AVI ":
        return WAV
    for place, magic, kind in _SOUNDS:
        if head.startswith(magic, place):
            return kind
    if head[4:8] == b"ftyp":
        return MP4
    if head[:3] == b"ID3":
        file.seek(after_tag(head))
        return _synced(file.read(4)) or MPEG
    found = _synced(head)
    if found is None:
        raise DataError(_unknown(head))
    return found


def after_tag(head: bytes) -> int:
    """Return where an ID3v2 tag ends that a file begins with; 0 where there is none."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))


def _synced(head: bytes) -> Kind | None:
    """Return what begins with the sync word of a frame; so does text in UTF-16, which no decoder then takes."""
    if head[:4] == b"fLaC":
        return FLAC
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    return ADTS if head[1] & 0xF6 == 0xF0 else MPEG


def _unknown(head: bytes) -> str:
    """Return what is said of a file that begins as no sound does."""
    if head[:2] == b"PK":
        return f"not audio: {_zipped(head)}"
    if head[:1] == b"\x47" and head[188:189] == b"\x47":
        return f"not read: an MPEG transport stream; {_CONVERT}"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "not audio: a web page"
    if start.startswith(b"<?xml"):
        return "not audio: XML"
    if start.startswith(b"bm") and head[6:10] == bytes(4):
        return _PICTURE.format("BMP")
    return "not audio"


def _zipped(head: bytes) -> str:
    for inside, words in (
        (b"xl/", "an Excel sheet"),
        (b"word/", "a Word document"),
        (b"ppt/", "a PowerPoint document"),
    ):
        if inside in head:
            return words
    if b"opendocument" in head:
        return "a document (OpenDocument)"
    if b"[Content_Types]" in head:
        return "an Office document (Excel, Word, PowerPoint)"
    return "an archive (ZIP); unpack it"
