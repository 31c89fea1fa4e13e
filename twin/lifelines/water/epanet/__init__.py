"""EPANET 1 to 2.3 input files, in and out."""

from twin.lifelines.water.epanet.reader import Reading, parse_inp, read_inp

__all__ = ["Reading", "parse_inp", "read_inp"]
