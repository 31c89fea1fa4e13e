"""Bare SimPy beside the engine: `python simpy_events.py PROCESSES EVENTS` prints the seconds.

The same instants as the benchmark `events`, as processes that flip a flag and note it in a list.
"""

import sys
import time

import simpy


def main(processes, events):
    """Seconds from the first to the last event."""
    env, failed, noted = simpy.Environment(), [False] * processes, []

    def life(row):
        for number in range(events // processes):
            yield env.timeout(1.0 + row / processes)
            failed[row] = number % 2 == 0
            noted.append((env.now, row, failed[row]))

    for row in range(processes):
        env.process(life(row))
    began = time.perf_counter()
    env.run()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.stdout.write(f"{main(int(sys.argv[1]), int(sys.argv[2]))}\n")
