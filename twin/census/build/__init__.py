"""From a survey to a city."""

from twin.census.build.city import Built, build

__all__ = ["Built", "build"]
