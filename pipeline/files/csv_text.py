"""The text of a CSV file that somebody else wrote."""

import codecs
import shlex
from pathlib import Path

from pipeline.errors import DataError

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read(path: Path) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with its mark as spreadsheets write it; the mark is taken off.

    Raises:
        DataError: unreadable, or in another encoding; the message has the command that mends it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); expected a CSV file") from None
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(_other(path, data, error, encoding)) from None
    if encoding == "utf-8" and max(data[::2].count(0), data[1::2].count(0)) > len(data) // 4:
        raise DataError(
            f"{path}:1: found a zero in every second byte, which is UTF-16 without its mark, not UTF-8; "
            f"save the table as UTF-8: {_command(path, 'UTF-16BE' if data[0] == 0 else 'UTF-16LE')}"
        )
    return text


def _other(path: Path, data: bytes, error: UnicodeDecodeError, encoding: str) -> str:
    if encoding == "utf-16":
        return f"{path}:1: begins as UTF-16, but is cut off or damaged; save the table as UTF-8 again"
    line = data.count(b"\n", 0, error.start) + 1
    return (
        f"{path}:{line}: found byte 0x{data[error.start]:02x}, which is not UTF-8 but probably Windows-1252 (Latin-1); "
        f"save the table as UTF-8, in a spreadsheet as 'CSV UTF-8', or: {_command(path, 'WINDOWS-1252')}"
    )


def _command(path: Path, encoding: str) -> str:
    new = path.with_name(f"{path.stem}-utf8{path.suffix}")
    return f"iconv -f {encoding} -t UTF-8 {shlex.quote(str(path))} > {shlex.quote(str(new))}"
