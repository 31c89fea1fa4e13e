"""The bundled synthetic city: whole, plausible in what is simulated, and grown from its seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twin import api
from twin.io.files import sha256
from twin.lifelines import registry

LANJING = Path(api.cities.CITIES) / "lanjing"
LARGEST_MB = 15
HEAD_PER_PA = 1 / 9806.65


@pytest.fixture(scope="module")
def lanjing() -> api.City:
    city, findings = api.check("lanjing")
    assert city is not None
    assert findings == []
    return city


def test_all_six_lifelines_are_there_and_the_rest_of_a_census(lanjing: api.City):
    assert set(lanjing.networks) == set(registry.declarations())
    for network in lanjing.networks.values():
        assert len(network.tables["links"]) > 100
        assert len(network.tables["members"]) >= len(network.tables["vertices"]) > 0
    assert len(lanjing.other.tables["links"])
    assert len(lanjing.manholes) > 1000
    assert {"city", "district", "county"} <= set(lanjing.regions["kind"])
    assert set(lanjing.relations["kind"]) >= {"adjacent", "crossing"}
    assert lanjing.terrain is not None
    assert np.ptp(lanjing.terrain.z) > 2


def test_it_says_that_it_is_made_up_and_stays_small(lanjing: api.City):
    assert lanjing.manifest.synthetic
    assert "SYNTHETIC 合成数据" in lanjing.manifest.title
    size = sum(path.stat().st_size for path in LANJING.rglob("*") if path.is_file())
    assert size < LARGEST_MB * 1e6


def test_every_lifeline_has_an_owner_with_a_depot(lanjing: api.City):
    for name in lanjing.networks:
        owner = lanjing.owner(name)
        row = lanjing.agencies["id"].tolist().index(owner)
        assert lanjing.agencies["depot"][row] in lanjing.depots["id"]


@pytest.mark.parametrize("hour", [3, 8, 19])
def test_water_is_served_at_every_hour(lanjing: api.City, hour: int):
    solution = api.solve(lanjing, "water", hour * 3600.0)
    nodes = lanjing.networks["water"].tables["nodes"]
    drawn = (nodes["kind"] == "junction") & (solution.required > 0)
    assert drawn.sum() > 100
    np.testing.assert_allclose(solution.supplied[drawn], solution.required[drawn], rtol=1e-6)
    pressure_m = solution.tables["nodes"]["pressure_pa"][drawn] * HEAD_PER_PA
    assert 14 < pressure_m.min() <= pressure_m.max() < 60


def test_power_is_within_its_ratings(lanjing: api.City):
    solution = api.solve(lanjing, "power")
    voltage = solution.tables["nodes"]["voltage_pu"]
    assert 0.93 <= voltage.min() <= voltage.max() <= 1.07
    assert np.nanmax(solution.tables["links"]["loading"]) < 1.0


def test_the_bundled_drill_runs_there_by_names(lanjing: api.City, tmp_path: Path):
    run = api.run("pump-blackout", lanjing, out=tmp_path / "run")
    assert run.status == "done"
    assert run.summary["fallbacks"] == run.summary["failures"] == 0
    lost = set(run.events.query("kind == 'lost'")["component"])
    assert {"water/pump/PU-1", "water/pump/PU-2"} <= lost
    assert "incident" in {event.kind for event in run.why("water/pump/PU-1")}


def test_it_grows_from_its_seed_again(tmp_path: Path):
    api.synth(12, 1, 0.0, tmp_path / "raw")
    api.read_census(tmp_path / "raw", tmp_path / "census.gpkg")
    api.build_census(tmp_path / "census.gpkg", tmp_path / "lanjing")
    files = sorted(path.relative_to(LANJING) for path in LANJING.rglob("*") if path.is_file())
    again = sorted(
        path.relative_to(tmp_path / "lanjing") for path in (tmp_path / "lanjing").rglob("*") if path.is_file()
    )
    assert files == again
    assert [sha256(LANJING / name) for name in files] == [
        sha256(tmp_path / "lanjing" / name) for name in files
    ]
