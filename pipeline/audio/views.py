"""A file seen otherwise than it lies on the disk: a part of it, or with some bytes put right."""

import io
from collections.abc import Sequence


class View(io.RawIOBase):
    """`file` from `begin` to `end`, read only, with `patches`: bytes by their place in the view."""

    def __init__(self, file: io.FileIO, begin: int, end: int, patches: Sequence[tuple[int, bytes]] = ()) -> None:
        self._file, self._begin, self._size, self._patches = file, begin, max(end - begin, 0), patches
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = min(max(0, place), self._size)  # a damaged header sends readers anywhere
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer`, as far as there are bytes; return how many."""
        length = max(min(len(buffer), self._size - self._at), 0)
        self._file.seek(self._begin + self._at)
        content = bytearray(self._file.read(length))
        for place, patch in self._patches:
            for offset, byte in enumerate(patch, start=place - self._at):
                if 0 <= offset < len(content):
                    content[offset] = byte
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)
