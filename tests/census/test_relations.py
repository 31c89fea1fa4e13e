"""Which links lie so near to each other that the failure of one reaches the other."""

from __future__ import annotations

import pandas as pd
import pytest

from twin.api.graphs import table_of
from twin.census.build.relations import relations
from twin.lifelines import registry
from twin.model.network import Network

pytestmark = pytest.mark.core
CODES = {"water": "JS", "drainage": "PS", "gas": "RQ"}


def network(lifeline, x0, y0, x1, y1, z=0.0, **link):
    """A network of one straight link at depth."""
    schemas = registry.declaration(lifeline).schemas
    kinds = {"water": "pipe", "drainage": "conduit", "gas": "pipe"}
    node = "manhole" if lifeline == "drainage" else "junction"
    rows = {
        "nodes": [
            {"id": f"{lifeline}{number}", "kind": node, "x": x, "y": y, "source_id": f"{lifeline}{number}"}
            for number, (x, y) in enumerate(((x0, y0), (x1, y1)))
        ],
        "links": [
            {
                "id": "L", "kind": kinds[lifeline], "start": f"{lifeline}0", "end": f"{lifeline}1",
                "length_m": 50.0, "diameter_mm": 200.0, "width_mm": 200.0, "start_z_m": z, "end_z_m": z,
                **link,
            }
        ],
    }  # fmt: skip
    if lifeline == "water":
        rows["links"][0]["roughness"] = 120.0
    findings = []
    tables = {name: table_of(schema, rows.get(name, ()), name, findings) for name, schema in schemas.items()}
    assert not findings
    return Network(lifeline, tables)


def found(*networks):
    wells = pd.DataFrame({"component": [], "class": [], "x": [], "y": []})
    by_name = {one.lifeline: one for one in networks}
    table = relations(by_name, {name: CODES[name] for name in by_name}, wells, [])
    columns = ("component", "other", "kind", "distance_m", "length_m")
    return list(zip(*(table[name].tolist() for name in columns), strict=True))


WATER = network("water", 0, 0, 50, 0)


def test_a_drain_beside_a_main_can_be_scoured():
    assert found(WATER, network("drainage", 0, 2, 50, 2)) == [
        ("drainage/conduit/L", "water/pipe/L", "parallel", pytest.approx(1.8), pytest.approx(50.0))
    ]


@pytest.mark.parametrize("place", [(0, 4, 50, 4), (0, 2, 4, 2), (0, 2, 30, 32)])
def test_what_is_far_short_or_at_an_angle_is_not_parallel(place):
    assert not [row for row in found(WATER, network("drainage", *place)) if row[2] == "parallel"]


def test_a_drain_near_gas_can_be_reached_by_a_leak():
    kinds = {row[2] for row in found(network("gas", 0, 0, 50, 0), network("drainage", 0, 4.5, 50, 4.5))}
    assert kinds == {"adjacent"}


@pytest.mark.parametrize(("z", "crossing"), [(0.5, True), (-1.0, True), (1.5, False)])
def test_lines_cross_where_one_lies_close_above_the_other(z, crossing):
    rows = found(WATER, network("gas", 25, -25, 25, 25, z))
    assert ["crossing" in row for row in rows] == [True] * crossing


def test_lines_in_one_trench_share_it():
    trench = {"embed": "GG"}
    kinds = {
        row[2]
        for row in found(network("water", 0, 0, 50, 0, **trench), network("gas", 0, 2, 50, 2, **trench))
    }
    assert "shared" in kinds
