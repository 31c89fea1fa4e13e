"""Masking (脱密脱敏): a city whose topology stays and whose places and secrets do not.

It never replaces a legal declassification or its approval; every output says so.
"""

from twin.census.mask.guard import default_ledger
from twin.census.mask.masking import Masked, Places, mask
from twin.census.mask.policy import Policy, read_policy
from twin.census.mask.proof import Claim, ProofError
from twin.census.mask.record import NOTICE, Context

__all__ = [
    "NOTICE",
    "Claim",
    "Context",
    "Masked",
    "Places",
    "Policy",
    "ProofError",
    "default_ledger",
    "mask",
    "read_policy",
]
