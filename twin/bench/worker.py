"""One pass of one benchmark in a process of its own, so that its memory is its own.

`python -m twin.bench.worker ID [--city CITY] [--engines PATH]` prints one JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from twin.bench.cases import UnavailableError, Wish, cases, stopwatch

CALIBRATION = "calibration"
PASSES = 5


def peak_mb(*, elsewhere: bool = False) -> float:
    """The most memory this process (or one that it started) ever held, in MB; 0 where nobody knows."""
    if sys.platform == "win32":
        return 0.0
    import resource

    who = resource.RUSAGE_CHILDREN if elsewhere else resource.RUSAGE_SELF
    peak = resource.getrusage(who).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def calibrate() -> dict[str, float]:
    """What this machine needs for a fixed piece of work of the same kinds: arrays, sparse factors, Python."""
    import numpy as np
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import splu

    size = 20_000
    matrix = diags_array([4.0, -1.0, -1.0, -1.0, -1.0], offsets=[0, 1, -1, 140, -140], shape=(size, size))
    compressed = matrix.tocsc()
    seconds = []
    for _pass in range(PASSES):
        with stopwatch() as taken:
            answer = splu(compressed).solve(np.ones(size))
            total = sum(float(value) * index % 7 for index, value in enumerate(np.sort(answer).tolist()))
        seconds.append(taken[1])
        if not total:
            raise ArithmeticError
    return {"cpu_s": sorted(seconds)[PASSES // 2], "peak_mb": peak_mb()}


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    name, city, engines = arguments
    if name == CALIBRATION:
        answer: dict[str, object] = dict(calibrate())
    else:
        wish = Wish(city, Path(engines) if engines else None)
        try:
            found = cases(wish)[name].measure(wish)
            answer = {**asdict(found), "peak_mb": peak_mb(elsewhere=found.elsewhere)}
        except UnavailableError as error:
            answer = {"unavailable": str(error)}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
