"""The endings of files with sound that are decoded, what a browser is told each is, and what is passed over.

The one list of the whole project: `prepare`, `predict` and the review ask it, and the docs name it. How a file ends
decides whether it is looked at in a folder; how it is decoded is decided by what it holds.
"""

from pathlib import PurePath

MEDIA_TYPES = {
    ".wav": "audio/wav",
    ".wave": "audio/wav",
    ".bwf": "audio/wav",
    ".rf64": "audio/wav",
    ".w64": "audio/x-w64",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".mp3": "audio/mpeg",
    ".mp2": "audio/mpeg",
    ".mpga": "audio/mpeg",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".aifc": "audio/aiff",
    ".caf": "audio/x-caf",
    ".au": "audio/basic",
    ".snd": "audio/basic",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".m4r": "audio/mp4",
    ".aac": "audio/aac",
    ".amr": "audio/amr",
    ".awb": "audio/amr-wb",
    ".wma": "audio/x-ms-wma",
    ".asf": "video/x-ms-asf",
    ".mka": "audio/x-matroska",
    ".wv": "audio/x-wavpack",
    ".ape": "audio/x-ape",
    ".tta": "audio/x-tta",
    ".mp4": "video/mp4",  # from here on films: their sound is read
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".3gp": "video/3gpp",
    ".3g2": "video/3gpp2",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo",
}
ENDINGS = frozenset(MEDIA_TYPES)

# What systems, archives and shares leave in folders, in lower case; whatever begins with a dot is passed over as well.
_LEFT_BEHIND = frozenset(
    {
        "__macosx",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "icon\r",
        "$recycle.bin",
        "system volume information",
        "lost+found",
        "@eadir",
        "#recycle",
        "#snapshot",
        "cvs",
    }
)


def passed_over(path: PurePath) -> bool:
    """Whether a file is none of the user's: hidden, or left behind by a system, an archive, a share or a repository.

    So are `._a.wav` (beside each sound that a Mac has written), `.DS_Store`, `Thumbs.db`, and all that lies in a
    folder such as `.git`, `.stversions` or `__MACOSX`. `path` is relative to the folder that is looked through:
    where that folder itself lies, in a hidden one perhaps, is the user's choice.
    """
    return any(
        (part.startswith(".") and part not in (".", "..")) or part.startswith("~$") or part.lower() in _LEFT_BEHIND
        for part in path.parts
    )


def is_sound(path: PurePath) -> bool:
    """Whether a file ends as one whose sound is decoded, and is not passed over; `path` as in `passed_over`."""
    return path.suffix.lower() in ENDINGS and not passed_over(path)
