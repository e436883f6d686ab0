"""Which pages are looked through where a share of them will do."""

import zlib


def is_in_sample(title: str, *, sample: float) -> bool:
    """Whether a page is among those that are looked through."""
    return zlib.crc32(title.encode()) < sample * 2**32
