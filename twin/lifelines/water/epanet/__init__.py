"""EPANET 1 to 2.3 input files, in and out."""

from twin.lifelines.water.epanet.reader import Reading, parse_inp, read_inp
from twin.lifelines.water.epanet.writer import Export, export_inp, write_inp

__all__ = ["Export", "Reading", "export_inp", "parse_inp", "read_inp", "write_inp"]
