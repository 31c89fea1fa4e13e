"""The audit record: what was masked, from what, how, by whom and when, and what it does not replace."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twin import __version__
from twin.census.mask.attack import Residual
from twin.census.mask.guard import Measure
from twin.census.mask.proof import Claim
from twin.io.city import table_files
from twin.io.files import write_text
from twin.io.tables import csv_text
from twin.model.city import City, Manifest

RULES = "mask-1"
"""Version of the rules: it rises when the same city, policy and key give another result."""
FOLDER = "mask"
NOTICE = (
    "Masked data. Masking is a technical treatment: it is no legal declassification and does not replace the "
    "approval of the competent authority. "
    "本数据经技术性脱密脱敏处理, 不等于依法解密, 不替代主管部门审批。"
)


@dataclass(frozen=True)
class Context:
    """Who masks, who approved, and when (ISO 8601; empty: now)."""

    operator: str = ""
    approver: str = ""
    at: str = ""

    @property
    def time(self) -> str:
        """The time of the record."""
        return self.at or datetime.now(UTC).isoformat(timespec="seconds")


def digest(city: City) -> str:
    """SHA-256 over a city: over the checksums in its manifest, or over its tables where it has none."""
    total = hashlib.sha256()
    if city.manifest.checksums:
        for place, checksum in sorted(city.manifest.checksums.items()):
            total.update(f"{place} {checksum}\n".encode())
        return total.hexdigest()
    for place, table in table_files(city):
        total.update(f"{place}\n{csv_text(table.columns)}".encode())
    return total.hexdigest()


def manifest_of(city: City, name: str, secret: frozenset[str]) -> Manifest:
    """What the masked city says of itself, without history and without sentences that hold a secret."""
    old = city.manifest
    kept = tuple(sentence for sentence in old.assumed if not secret & set(sentence.replace(",", " ").split()))
    return Manifest(
        name=name,
        title=f"{name} (masked / 已脱敏, 不替代审批)",
        crs=old.crs,
        census_date=old.census_date[:4],
        licence=old.licence,
        clock_s=old.clock_s,
        protection=old.protection,
        assumed=kept,
        synthetic=old.synthetic,
        notice=f"{old.notice} {NOTICE}".strip(),
    )


def write_records(
    folder: Path,
    record: Mapping[str, Any],
    claims: list[Claim],
    residuals: list[Residual],
    scan: Mapping[str, Any],
) -> None:
    """Write record, proof, re-identification report and notice into the folder of the masked city."""
    proof = {"notice": NOTICE, "claims": [claim.record() for claim in claims]}
    attack = {"notice": NOTICE, "residuals": [asdict(each) for each in residuals], "scan": dict(scan)}
    for name, content in (("record", record), ("proof", proof), ("reidentification", attack)):
        text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
        write_text(folder / FOLDER / f"{name}.json", text + "\n")
    write_text(folder / FOLDER / "NOTICE.txt", NOTICE + "\n")


def record_of(
    before: str,
    after: str,
    policy: str,
    context: Context,
    area: Measure,
    approval: Mapping[str, Any] | None,
    details: Mapping[str, Any],
) -> dict[str, Any]:
    """The audit record; `before`, `after` and `policy` are digests."""
    return {
        "notice": NOTICE,
        "rules": RULES,
        "twin": __version__,
        "time": context.time,
        "operator": context.operator,
        "approver": context.approver,
        "approval": dict(approval) if approval else None,
        "input_sha256": before,
        "output_sha256": after,
        "policy_sha256": policy,
        "area_km2": asdict(area),
        **details,
    }
