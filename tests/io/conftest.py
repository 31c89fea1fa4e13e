"""The command line in an empty folder and a city to spoil, as the tests of the command line have them."""

from tests.cli.conftest import ask, city, drill

__all__ = ["ask", "city", "drill"]
