"""The text of a CSV file that somebody else wrote."""

from pathlib import Path

from pipeline.errors import DataError


def read(path: Path) -> str:
    """Return the text of a UTF-8 file, without a byte-order mark.

    Raises:
        DataError: unreadable, or not UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); expected a CSV file") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x}"
        raise DataError(f"{path}:{line}: found {found}, which is not UTF-8; save the table as UTF-8") from None
