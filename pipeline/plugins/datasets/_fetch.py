"""Fetching a Zenodo record: what it lists with its checksums, resumable, unpacked safely, published by rename.

Conventions: over https alone, whatever a record or a redirection says, and no more bytes than are bearable and were
promised.
"""

import http.client
import json
import os
import re
import shutil
import stat
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import pooch
from tqdm import tqdm

from pipeline.errors import DataError

RECORD = "https://zenodo.org/api/records/2552860"
PARTS = ["audio_train", "audio_test", "meta"]
_MAX_BYTES = 40 * 2**30
_MAX_RATIO = 200
_MAX_FILES = 100_000
_CHUNK = 2**20
_MAX_RECORD = 2**24
_TIMEOUT = 60  # seconds without a byte
_SECURE = ("https",)


def fetch(root: Path, missing: list[str], record: str | None = None, *, schemes: tuple[str, ...] | None = None) -> None:
    """Download `FSDKaggle2018.<part>.zip` for each missing part and unpack it to `root/FSDKaggle2018.<part>/`.

    The record says which files there are and their MD5 sums. A download that breaks off leaves a `.part` file, from
    which the next call goes on. `schemes` are those of addresses that are asked: a test has a server of its own.

    Raises:
        DataError: the record or a file cannot be had, is elsewhere than at https, or larger than promised or bearable;
            a checksum differs, or an archive is unsafe.
    """
    if not missing:
        return
    root.mkdir(parents=True, exist_ok=True)
    record, schemes = record or RECORD, schemes or _SECURE
    listed = _listing(record, schemes)
    for part in missing:
        name = f"FSDKaggle2018.{part}"
        if f"{name}.zip" not in listed:
            raise DataError(f"{record}: lists no {name}.zip, found {', '.join(sorted(listed)) or 'no file'}")
        url, checksum = listed[f"{name}.zip"]
        archive = root / f"{name}.zip"
        try:
            pooch.retrieve(url, checksum, fname=archive.name, path=root, downloader=partial(_download, schemes=schemes))
        except DataError:
            raise
        except ValueError as error:
            raise DataError(f"{url}: expected {checksum}, found another checksum; fetch it again") from error
        unpack(archive, root / name)
        archive.unlink()


class _Within(urllib.request.HTTPRedirectHandler):
    """Follow no redirection to an address of another scheme."""

    def __init__(self, schemes: tuple[str, ...]) -> None:
        self._schemes = schemes

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        _check_scheme(newurl, self._schemes)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_scheme(url: str, schemes: tuple[str, ...]) -> None:
    scheme = urllib.parse.urlsplit(url).scheme.lower()
    if scheme not in schemes:
        raise DataError(f"{url[:200]!r}: found an address of {scheme or 'no scheme'}, expected {' or '.join(schemes)}")


def _open(request: str | urllib.request.Request, schemes: tuple[str, ...]) -> Any:
    """Open an address of one of the `schemes`; so are all that it leads on to."""
    _check_scheme(request if isinstance(request, str) else request.full_url, schemes)
    return urllib.request.build_opener(_Within(schemes)).open(request, timeout=_TIMEOUT)


def _listing(record: str, schemes: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return `{file name: (address, checksum as 'md5:...')}` of a Zenodo record."""
    try:
        with _open(record, schemes) as answer:
            text = answer.read(_MAX_RECORD + 1)
        if len(text) > _MAX_RECORD:
            raise DataError(f"{record}: found more than {_MAX_RECORD} bytes, expected a Zenodo record; nothing fetched")
        files = json.loads(text)["files"]
        listed = {str(file["key"]): (str(file["links"]["self"]), str(file["checksum"])) for file in files}
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{record}: cannot be read as a Zenodo record ({error}); is there a network?") from None
    for url, checksum in listed.values():
        _check_scheme(url, schemes)
        if not re.fullmatch(r"(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})", checksum):
            raise DataError(f"{record}: found the checksum {checksum[:80]!r}, expected md5:... of each file")
    return listed


def _download(url: str, output_file: str, caller: Any, *, schemes: tuple[str, ...]) -> None:
    """Download for pooch, going on from a `.part` file; a break leaves that file and raises."""
    part = Path(output_file).parent / f"{Path(url.removesuffix('/content')).name}.part"
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with _open(request, schemes) as answer:
            resumed = answer.status == 206
            total = _promised(url, answer.headers.get("Content-Length")) + (have if resumed else 0)
            if total > _MAX_BYTES:
                raise DataError(f"{url}: promises {total} bytes, expected {_MAX_BYTES} at most; nothing fetched")
            with open(part, "ab" if resumed else "wb") as file:
                _copy(url, answer, file, have if resumed else 0, total)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # 416: there is nothing after what we have
            raise DataError(f"{url}: the server answers {error.code} {error.reason}; try again later") from None
        total = have
    except (OSError, http.client.HTTPException) as error:
        raise DataError(f"{url}: the download broke off ({error}); run again, it goes on from {part}") from None
    if part.stat().st_size < total:
        found = f"{part.stat().st_size} of {total} bytes"
        raise DataError(f"{url}: the download broke off at {found}; run again, it goes on from {part}")
    os.replace(part, output_file)


def _promised(url: str, length: str | None) -> int:
    """Return how many bytes an answer says it has, 0 if it does not say."""
    if length is not None and not (length.isascii() and length.isdecimal() and len(length) < 19):
        raise DataError(f"{url}: found a Content-Length of {length[:40]!r}, expected a number of bytes")
    return int(length or 0)


def _copy(url: str, answer: Any, file: BinaryIO, done: int, total: int) -> None:
    """Write an answer to `file`, and stop where it holds more than was promised or, without a promise, is bearable."""
    bound = total or _MAX_BYTES
    with tqdm(desc=Path(file.name).stem, total=total, initial=done, unit="B", unit_scale=True, disable=None) as bar:
        while chunk := answer.read(_CHUNK):
            done += len(chunk)
            if done > bound:
                file.truncate(0)  # it is not what was published: there is nothing to go on from
                raise DataError(f"{url}: holds more than the {bound} bytes expected; stopped, and nothing kept")
            file.write(chunk)
            bar.update(len(chunk))


def unpack(archive: Path, folder: Path) -> None:
    """Unzip `archive`, whose names all start with the name of `folder`, and put it in place in one step.

    Raises:
        DataError: not a zip, a damaged one, a name that leads elsewhere, a link, or too large when unpacked.
    """
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        with zipfile.ZipFile(archive) as file:
            entries = file.infolist()
            _check_size(archive, entries)
            _check_entries(archive, entries)
            for entry in tqdm(entries, desc=f"unpacking {archive.name}", unit="file", disable=None):
                file.extract(entry, temporary)
        inner = temporary / folder.name
        if not inner.is_dir():
            raise DataError(f"{archive}: holds no folder {folder.name}/")
        os.replace(inner, folder)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise DataError(f"{archive}: cannot be unpacked ({error}); remove it and fetch it again") from None
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror or error}); make room, and run again") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check_size(archive: Path, entries: list[zipfile.ZipInfo]) -> None:
    total, packed = sum(entry.file_size for entry in entries), archive.stat().st_size
    if total > _MAX_BYTES or len(entries) > _MAX_FILES:
        raise DataError(
            f"{archive}: would unpack to {len(entries)} files of {total} bytes, expected {_MAX_FILES} and {_MAX_BYTES} "
            "at most; it is not what was published, nothing unpacked"
        )
    # Entries that overlap are each within the bounds, and grow out of the same few bytes.
    if total > _CHUNK and total > _MAX_RATIO * packed:
        raise DataError(f"{archive}: would grow more than {_MAX_RATIO}-fold as a whole; nothing unpacked")


def _check_entries(archive: Path, entries: list[zipfile.ZipInfo]) -> None:
    for entry in entries:
        plain = PurePosixPath(entry.filename)
        outside = not plain.parts or plain.is_absolute() or ".." in plain.parts or ":" in plain.parts[0]
        if outside or "\\" in entry.orig_filename or stat.S_ISLNK(entry.external_attr >> 16):
            raise DataError(
                f"{archive}: holds {entry.filename!r}, which is a link or leads elsewhere; nothing unpacked"
            )
        if entry.file_size > _CHUNK and entry.file_size > _MAX_RATIO * max(1, entry.compress_size):
            raise DataError(f"{archive}: {entry.filename!r} would grow more than {_MAX_RATIO}-fold; nothing unpacked")
