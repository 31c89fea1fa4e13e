"""The key: what salts ids and draws the field. It stays on the classified side; no output holds it."""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from twin.census.mask.field import Field
from twin.io.files import read_text, refuse
from twin.text import _

FORMAT = 1
BYTES = 32
_TOKEN_BYTES = 10
_LIMIT = 100_000


@dataclass(frozen=True)
class Key:
    """A random secret and, once it has been used, the field that was drawn with it.

    `low_m` and `range_m` are the lowest elevation and the range that the map of elevations was made for
    (NaN before the first use): deliveries under one key share their field and their map.
    """

    secret: bytes
    field: Field | None = None
    low_m: float = float("nan")
    range_m: float = float("nan")

    @classmethod
    def fresh(cls) -> Key:
        """A new key from the operating system's randomness."""
        return cls(secrets.token_bytes(BYTES))

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator that depends on the secret and the purpose alone."""
        seed = hmac.digest(self.secret, f"rng\0{purpose}".encode(), "sha256")
        return np.random.default_rng(int.from_bytes(seed))

    def token(self, domain: str, text: str) -> str:
        """The salted hash of a text: `m` and 16 letters and digits (80 bits of HMAC-SHA256)."""
        digest = hmac.digest(self.secret, f"id\0{domain}\0{text}".encode(), "sha256")
        return "m" + base64.b32encode(digest[:_TOKEN_BYTES]).decode("ascii").lower()

    def tokens(self, domain: str, texts: NDArray[Any]) -> NDArray[Any]:
        """Tokens of an array of texts; the empty text stays empty."""
        known = {text: self.token(domain, str(text)) for text in set(texts.tolist()) if text != ""}
        return np.array([known.get(text, "") for text in texts.tolist()], dtype=object)

    def used(self, field: Field, low_m: float, range_m: float) -> Key:
        """The key with what was drawn with it."""
        return replace(self, field=field, low_m=low_m, range_m=range_m)


def read_key(path: Path) -> Key:
    """The key in a file that only its owner may read; DatasetError where it is none or open to others."""
    text = read_text(path, _LIMIT)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise refuse("mask.key-open", path, _("may be read by others"), _("run 'chmod 600' on it"))
    try:
        data = json.loads(text)
        secret = bytes.fromhex(data["secret"])
        if data["format"] != FORMAT or len(secret) != BYTES:
            raise ValueError("format")
        field = Field.of(data["field"]) if data.get("field") else None
        low_m, range_m = (float(data.get(name, "nan")) for name in ("low_m", "range_m"))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise refuse("mask.key", path, _("is no key of a masking"), _("give another file")) from None
    return Key(secret, field, low_m, range_m)


def write_key(key: Key, path: Path) -> None:
    """Write a key, readable by its owner alone, whole or not at all."""
    data: dict[str, Any] = {"format": FORMAT, "secret": key.secret.hex()}
    if key.field is not None:
        data |= {"field": key.field.record(), "low_m": key.low_m, "range_m": key.range_m}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{uuid4().hex}.tmp"
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
