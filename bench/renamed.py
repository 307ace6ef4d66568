"""Copies of a block of Prometheus whose services have other names: more services at the price of copying files.

Only the index holds names, in its table of symbols and in that of postings; names of the same length leave every
offset as it is, and names that grow alike leave every order as it is.
https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/index.md
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
from pathlib import Path

_NUMBER = re.compile(rb"(?<=plain-)\d{4}")
_TOC = struct.Struct(">6Q")  # symbols, series, label indices, their table, postings, their table
_TOC_CHECKED = _TOC.size + 4


def copy_block(block: Path, data: Path, add: int) -> None:
    """Copy `block` into the database at `data`; the number in the name of each service grows by `add`."""
    name = f"{block.name[:-4]}{add:04d}"  # a ULID is digits and letters, with no check of its own
    target = data / name
    shutil.copytree(block, target, copy_function=os.link)
    (target / "index").unlink()
    (target / "index").write_bytes(_renamed((block / "index").read_bytes(), add))
    meta = json.loads((block / "meta.json").read_text(encoding="utf-8"))
    meta["ulid"] = name
    meta["compaction"] |= {"sources": [name], "parents": []}
    (target / "meta.json").unlink()
    (target / "meta.json").write_text(json.dumps(meta), encoding="utf-8")


def _renamed(index: bytes, add: int) -> bytes:
    symbols, *_, postings = _TOC.unpack_from(index, len(index) - _TOC_CHECKED)
    changed = bytearray(index)
    for start in (symbols, postings):
        (length,) = struct.unpack_from(">I", changed, start)
        section = slice(start + 4, start + 4 + length)
        changed[section] = _NUMBER.sub(lambda found: b"%04d" % (int(found[0]) + add), bytes(changed[section]))
        struct.pack_into(">I", changed, section.stop, _crc32c(bytes(changed[section])))
    return bytes(changed)


def _crc32c(data: bytes) -> int:
    """The checksum of Castagnoli (RFC 3720, B.4), which the standard library lacks."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _table() -> list[int]:
    found = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
        found.append(crc)
    return found


_TABLE = _table()
