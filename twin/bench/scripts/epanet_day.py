"""EPANET over 24 hours, as a program of its own: `python epanet_day.py FILE` prints the seconds.

From opening the hydraulics to the last step; reading the file is not counted. It runs in the environment
of the engines.
"""

import sys
import tempfile
import time
import warnings
from pathlib import Path

from epanet import toolkit as en


def main(file):
    """Run once unmeasured, then measure."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        project = en.createproject()
        en.open(project, file, str(Path(folder) / "report.txt"), "")
        en.settimeparam(project, en.DURATION, 86_400)
        seconds = [one_day(project) for _ in range(3)]
        en.deleteproject(project)
    return sorted(seconds)[1]


def one_day(project):
    """Seconds of one day's hydraulics."""
    began = time.perf_counter()
    en.openH(project)
    en.initH(project, en.INITFLOW)
    while True:
        en.runH(project)
        if en.nextH(project) <= 0:
            break
    en.closeH(project)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.stdout.write(f"{main(sys.argv[1])}\n")
