"""The font of pictures: VTK's own draws no Chinese, so one that does is bundled."""

from __future__ import annotations

from pathlib import Path

FONT = Path(__file__).parent / "NotoSansSC-twin.otf"
"""A subset of Noto Sans CJK SC Regular (`.ci/font.py` made it; its licence is `OFL.txt`)."""
