"""Units of EPANET files: flow, pressure and power units and the conversions EPANET itself uses.

A flow of a US file is converted with the same rounded factors as in EPANET (448.831 gpm and 0.028317 m3/s
to a cubic foot per second), so that both see the same flow to the last digit; the true litre is 5e-6 larger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FOOT_M = 0.3048
CUBIC_FOOT_M3 = 0.028317
PER_CFS: Mapping[str, float] = {
    "CFS": 1.0,
    "GPM": 448.831,
    "MGD": 0.64632,
    "IMGD": 0.5382,
    "AFD": 1.9837,
    "LPS": 28.317,
    "LPM": 1699.0,
    "MLD": 2.4466,
    "CMH": 101.94,
    "CMD": 2446.6,
    "CMS": 0.028317,
}
"""Flow units of a file, in one cubic foot per second (EPANET 2.3)."""
CURVE_UNITS: Mapping[str, tuple[str, str]] = {
    "pump": ("flow", "length"),
    "volume": ("length", "volume"),
    "headloss": ("flow", "length"),
    "efficiency": ("flow", ""),
}
"""Attributes of `FileUnits` that x and y of a curve are in, by its use; "" where they have none."""
US = ("CFS", "GPM", "MGD", "IMGD", "AFD")
PSI_PER_FOOT = 0.4333
KPA_PER_PSI = 6.895
BAR_PER_PSI = 0.068948
KW_PER_HP = 0.7457


@dataclass(frozen=True)
class FileUnits:
    """The units of one file: each attribute is the SI size of one unit of the file.

    Attributes
    ----------
    flow
        m3/s.
    length
        m; of elevation, level, head and pipe length.
    diameter
        mm.
    pressure
        m of water.
    emitter_pressure
        m of water; EPANET ignores the pressure option for emitters.
    power
        kW.
    roughness
        mm (Darcy-Weisbach roughness in millifeet or mm).
    """

    flow: float
    length: float
    diameter: float
    pressure: float
    emitter_pressure: float
    power: float
    roughness: float

    @property
    def volume(self) -> float:
        """One cubic length unit in m3."""
        return self.length**3


def default_pressure_units(flow_units: str) -> str:
    """The pressure units of a file that names none."""
    return "PSI" if flow_units in US else "METERS"


def file_units(flow_units: str, pressure_units: str, specific_gravity: float = 1.0) -> FileUnits:
    """The units of a file with these options.

    A pressure of psi, kPa or bar is divided by the specific gravity, as EPANET does.
    """
    american = flow_units in US
    foot_psi = PSI_PER_FOOT * specific_gravity
    per_foot = {
        "PSI": foot_psi,
        "KPA": KPA_PER_PSI * foot_psi,
        "BAR": BAR_PER_PSI * foot_psi,
        "METERS": FOOT_M,
        "FEET": 1.0,
    }
    return FileUnits(
        flow=CUBIC_FOOT_M3 / PER_CFS[flow_units],
        length=FOOT_M if american else 1.0,
        diameter=25.4 if american else 1.0,
        pressure=FOOT_M / per_foot[pressure_units],
        emitter_pressure=FOOT_M / foot_psi if american else 1.0,
        power=KW_PER_HP if american else 1.0,
        roughness=FOOT_M if american else 1.0,
    )


def setting_size(units: FileUnits, kind: str, valve_type: str) -> float:
    """The SI size of one unit of a link's setting in the file."""
    if kind == "valve" and valve_type in ("PRV", "PSV", "PBV"):
        return units.pressure
    return units.flow if kind == "valve" and valve_type == "FCV" else 1.0
