"""A three-winding transformer as three two-winding ones that meet in a star point."""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping
from typing import Any

SIDES = ("hv", "mv", "lv")
PAIRS = (("hv", "mv"), ("mv", "lv"), ("hv", "lv"))


def star_windings(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The three windings (high, medium, low voltage) of a row with pandapower's column names.

    Short-circuit voltages are given per pair of windings on the smaller rating of the pair
    (`vk_hv` high-medium, `vk_mv` medium-low, `vk_lv` high-low) and become star branches by
    z_hv = (z_hm + z_hl - z_ml) / 2 and so on, separately for real and imaginary part (pandapower
    documentation, three-winding transformer). Iron losses stand at the high-voltage winding unless
    `loss_side` says otherwise. The star point has the high-voltage winding's rated voltage.
    """
    ratings = [float(row[f"sn_{side}_mva"]) for side in SIDES]
    real, imaginary = _pairs(row)
    resistances, reactances = _star(real), _star(imaginary)
    loss_side = row.get("loss_side") if row.get("loss_side") in SIDES else "hv"
    windings = []
    for place, side in enumerate(SIDES):
        vkr = resistances[place] * ratings[place]
        vkx = reactances[place] * ratings[place]
        losses = side == loss_side
        windings.append(
            {
                "model": row.get("std_type") or "",
                "closed": row.get("in_service", True) is not False,
                "sn_mva": ratings[place],
                "vn_hv_kv": row["vn_hv_kv"],
                "vn_lv_kv": row[f"vn_{side}_kv"],
                "vk_percent": math.copysign(math.hypot(vkr, vkx), vkx),
                "vkr_percent": vkr,
                "pfe_kw": row.get("pfe_kw") or 0.0 if losses else 0.0,
                "i0_percent": row.get("i0_percent") or 0.0 if losses else 0.0,
                "shift_degree": 0.0 if side == "hv" else row.get(f"shift_{side}_degree") or 0.0,
                **(_tap(row, side) if row.get("tap_side") == side else {}),
            }
        )
    return windings


def _pairs(row: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    """Real and imaginary short-circuit voltages of the pairs in percent per MVA."""
    real, imaginary = [], []
    for (one, other), name in zip(PAIRS, SIDES, strict=True):
        base = min(float(row[f"sn_{one}_mva"]), float(row[f"sn_{other}_mva"]))
        vk, vkr = float(row[f"vk_{name}_percent"]), float(row[f"vkr_{name}_percent"])
        real.append(vkr / base)
        imaginary.append(math.sqrt(max(vk**2 - vkr**2, 0.0)) / base)
    return real, imaginary


def _star(pairs: list[float]) -> tuple[float, float, float]:
    high_medium, medium_low, high_low = pairs
    return (
        (high_medium + high_low - medium_low) / 2,
        (high_medium + medium_low - high_low) / 2,
        (high_low + medium_low - high_medium) / 2,
    )


def _tap(row: Mapping[str, Any], side: str) -> dict[str, Any]:
    """The tap changer at the winding's terminal, or turned round where it stands at the star point."""
    neutral = row.get("tap_neutral") or 0.0
    position = neutral if row.get("tap_pos") is None else row["tap_pos"]
    percent, degree = row.get("tap_step_percent") or 0.0, row.get("tap_step_degree") or 0.0
    at_start = side == "hv"
    if row.get("tap_at_star_point"):
        at_start = not at_start
        step = percent * cmath.exp(1j * math.radians(degree))
        step = 100 * step / (100 + step * (position - neutral))
        percent, degree = abs(step), math.degrees(cmath.phase(step)) - 180
    return {
        "tap_side": "start" if at_start else "end",
        "tap_neutral": neutral,
        "tap_pos": position,
        "tap_step_percent": percent,
        "tap_step_degree": degree,
    }
