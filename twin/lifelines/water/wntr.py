"""Networks of WNTR, the EPANET-based resilience toolkit in Python: taken over without depending on it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.lifelines.water.epanet.reader import Reading, read_inp
from twin.model.network import Network
from twin.text import _


def from_wntr(wn: Any) -> Network:
    """The network of a `wntr.network.WaterNetworkModel`; raises as `reading_of`."""
    return reading_of(wn).network


def reading_of(wn: Any) -> Reading:
    """Network, findings and time of day of a `wntr.network.WaterNetworkModel`.

    The model is written as an EPANET file by the WNTR it was made with, which has to be loaded already, and
    read from there.

    Raises
    ------
    InputError
        Where `wn` is no model of WNTR.
    DatasetError
        Where its network cannot be used.
    """
    package = sys.modules.get(type(wn).__module__.partition(".")[0])
    write = getattr(getattr(package, "network", None), "write_inpfile", None)
    if write is None:
        raise InputError(_("a {kind} is no network of WNTR", kind=type(wn).__name__))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wntr.inp"
        write(wn, str(path))
        return read_inp(path)
