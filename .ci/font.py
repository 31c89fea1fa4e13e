"""Make the font that pictures are lettered in: a subset of Noto Sans CJK SC Regular.

    python .ci/font.py [NotoSansCJK-Regular.ttc]

Needs fonttools, and the font of Debian's package fonts-noto-cjk. The signs kept are ASCII, Latin-1, the
punctuation of maps, all symbols and level 1 (the 3,755 commonest characters) of GB 2312, and whatever else
the code, the dictionaries and the translations of this project say.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "twin" / "views" / "fonts" / "NotoSansSC-twin.otf"
SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
FACE = "Noto Sans CJK SC"
LIMIT = 1_000_000
SYMBOLS, LEVEL_1 = range(0xA1, 0xAA), range(0xB0, 0xD8)
"""Rows of GB 2312 (first byte of EUC-CN): symbols and letters; characters by pronunciation."""


def of_gb2312(rows: range) -> set[str]:
    """The signs of some rows of GB 2312."""
    pairs = (bytes((row, cell)) for row in rows for cell in range(0xA1, 0xFF))
    return set("".join(pair.decode("gb2312", "ignore") for pair in pairs))


def said() -> set[str]:
    """Every Chinese character that the project's own texts contain."""
    endings = (".py", ".csv", ".yaml", ".po")
    paths = [path for path in sorted((ROOT / "twin").rglob("*")) if path.suffix in endings]
    text = "".join(path.read_text(encoding="utf-8", errors="ignore") for path in paths)
    return set(re.findall(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]", text))


def main(source: Path) -> None:
    """Write the subset."""
    font = next(face for face in TTCollection(source, lazy=True) if face["name"].getDebugName(4) == FACE)
    signs = {chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))}
    signs |= of_gb2312(SYMBOLS) | of_gb2312(LEVEL_1) | said() | set("²³‰⌀°×–—…→←↑↓△▲▼●○■□◆◇★")
    options = subset.Options()
    options.layout_features, options.hinting, options.desubroutinize = [], False, False
    options.name_IDs, options.notdef_outline, options.glyph_names = [0, 1, 2, 3, 4, 5, 6, 13, 14], True, False
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE", "GPOS", "GSUB", "GDEF", "DSIG"]
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(signs)))
    cutter.subset(font)
    font.recalcTimestamp = False
    TARGET.parent.mkdir(exist_ok=True)
    font.save(TARGET)
    size = TARGET.stat().st_size
    sys.stdout.write(f"{TARGET.relative_to(ROOT)}: {len(font.getBestCmap())} signs, {size} bytes\n")
    if size > LIMIT:
        sys.exit(f"larger than {LIMIT} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE)
