"""Lifelines without physics: their components work or do not, and what depends on them follows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twin import api
from twin.api.graphs import table_of
from twin.errors import InputError
from twin.lifelines import registry
from twin.model.city import CITY_SCHEMAS, FACILITY, LAYER_SCHEMAS
from twin.model.network import Network

pytestmark = pytest.mark.core
SCENARIO = """
scenario: exchange without power
city: lagoon
duration: 6 h
script:
  - {at: T+10 min, do: break power/transformer/XB-4}
  - {at: T+2 h, do: repair power/transformer/XB-4}
"""


def made(schema, *rows):
    findings = []
    table = table_of(schema, rows, "made", findings)
    assert not findings
    return table


@pytest.fixture
def city():
    """The quarter with an exchange whose batteries last half an hour, and a command centre behind it."""
    quarter = api.load_city("quarter")
    schemas = registry.declaration("telecom").schemas
    nodes = made(
        schemas["nodes"], {"id": "X", "kind": "exchange"}, {"id": "C", "kind": "cabinet", "lines": 9}
    )
    links = made(schemas["links"], {"id": "K", "kind": "cable", "start": "X", "end": "C", "length_m": 100})
    rest = {name: made(schema) for name, schema in schemas.items() if name not in ("nodes", "links")}
    supply = {
        "supplier": "power/load/LO-3",
        "consumer": "telecom/exchange/X",
        "kind": "power",
        "backup_min": 30,
    }
    signal = {"supplier": "telecom/exchange/X", "consumer": "facility/command/c1", "kind": "signal"}
    command = made(LAYER_SCHEMAS[FACILITY]["nodes"], {"id": "c1", "kind": "command"})
    return replace(
        quarter,
        networks={
            **quarter.networks,
            "telecom": Network("telecom", {"nodes": nodes, "links": links, **rest}),
        },
        facilities=Network(FACILITY, {"nodes": command}),
        dependencies=made(CITY_SCHEMAS["dependencies"], supply, signal),
    )


def test_an_exchange_fails_when_its_batteries_are_empty_and_takes_others_along(city, tmp_path):
    (tmp_path / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    run = api.run(tmp_path / "s.yaml", city, out=tmp_path / "run")
    told = run.events.set_index("component")
    lost = told[told["kind"] == "lost"]["t_s"]
    assert lost["telecom/exchange/X"] == lost["facility/command/c1"] == 40 * 60
    returns = told[told["kind"] == "returns"]["t_s"]
    assert returns["telecom/exchange/X"] == returns["facility/command/c1"] == 120 * 60
    chain = [event.component for event in run.why("facility/command/c1", 3600.0)]
    assert chain.index("power/transformer/XB-4") != chain.index("telecom/exchange/X")


def test_a_graph_has_nothing_to_solve(city):
    with pytest.raises(InputError, match="telecom"):
        api.solve(city, "telecom")
