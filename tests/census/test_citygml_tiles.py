"""The real tiles of Nagaoka, the sample of Takeshiba and the faulty files of the quality check."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twin.census.build.city import build
from twin.census.check import check
from twin.census.citygml.axes import frame_of, to_plane
from twin.census.citygml.reading import CityModel, read_citygml
from twin.census.citygml.stream import members

COUNTS = {
    ("Pipe", "低圧管路"): 619 + 74,
    ("Manhole", "低圧その他"): 489,
    ("Pipe", "高圧管路"): 11,
    ("Manhole", "高圧その他"): 34,
    ("Pipe", "消雪管路"): 90,
    ("Manhole", "消雪その他"): 34,
    ("Pipe", "水循環管路"): 366,
    ("Manhole", "水循環その他"): 257,
    ("Pipe", "送風管路"): 53,
    ("Manhole", "送風その他"): 15,
    ("OilGasChemicalsPipe", "ガス管路"): 7,
    ("WaterPipe", "水道管路"): 21,
    ("Handhole", "水道その他"): 11,
    ("SewerPipe", "雨水管路"): 160,
    ("Manhole", "雨水マンホール"): 52,
}
"""Elements of the ten tiles, counted by those who collected them."""
FAULTS = {
    "Z-unf-00": set(),
    "Z-unf-01": {"MultiSurface at level of detail 2", "Solid at level of detail 3"},
    "Z-unf-02": {"solid not closed"},
    "Z-unf-03": {"face of a solid turned inwards"},
    "Z-unf-04": {"polygon crosses itself", "solid not closed"},
    "Z-unf-05": {"polygon not plane"},
    "Z-unf-06_discontinuous_comosite_surface__": {"composite surface in several pieces"},
}


@pytest.fixture(scope="module")
def nagaoka(data: Path) -> CityModel:
    return read_citygml(data / "census" / "nagaoka_citygml")


def test_every_element_of_the_tiles_becomes_something(nagaoka: CityModel) -> None:
    table = nagaoka.elements.groupby(["element", "name"])["count"].sum()
    assert table.to_dict() == COUNTS
    assert set(nagaoka.elements["outcome"]) == {"line", "point"}
    assert nagaoka.elements["points"].sum() == len(nagaoka.survey.points)
    assert nagaoka.elements["lines"].sum() == len(nagaoka.survey.lines)


def test_the_counts_are_those_of_the_files(data: Path, nagaoka: CityModel) -> None:
    by_file = nagaoka.elements.groupby("file")["count"].sum().to_dict()
    for path in sorted((data / "census" / "nagaoka_citygml").iterdir()):
        assert gzip.decompress(path.read_bytes()).count(b"<core:cityObjectMember>") == by_file.pop(path.name)
    assert not by_file


def test_lines_are_as_long_as_the_curves_they_come_from(data: Path, nagaoka: CityModel) -> None:
    drawn: dict[str, float] = {}
    for path in sorted((data / "census" / "nagaoka_citygml").iterdir()):
        for member in members(path):
            for node in member.walk():
                if node.name == "LineStringSegment":
                    places = np.array(node.children[0].text.split(), dtype=float).reshape(-1, 3)
                    drawn[member.attributes["id"]] = float(np.hypot(*np.diff(places[:, :2], axis=0).T).sum())
    points = nagaoka.survey.points.set_index("id")[["x_m", "y_m"]]
    lines = nagaoka.survey.lines
    steps = points.loc[lines["end"]].to_numpy() - points.loc[lines["start"]].to_numpy()
    own = lines["extra"].map(lambda text: json.loads(text)["gml_id"])
    made = pd.Series(np.hypot(*steps.T)).groupby(own.to_numpy()).sum()
    assert len(drawn) == 1381
    assert np.abs(made.loc[list(drawn)].to_numpy() - np.array(list(drawn.values()))).max() < 0.03


def test_all_heights_of_curves_are_zero_and_left_empty(nagaoka: CityModel) -> None:
    solid = nagaoka.survey.lines["extra"].str.contains('"axis":"from surfaces"')
    assert nagaoka.survey.lines.loc[~solid, ["start_z_m", "end_z_m"]].isna().all(axis=None)
    assert nagaoka.survey.lines.loc[solid, ["start_z_m", "end_z_m"]].notna().all(axis=None)
    assert nagaoka.survey.lines.loc[solid, "start_z_m"].between(100, 230).all()


def test_manholes_given_as_solids_have_a_ground_and_a_depth(nagaoka: CityModel) -> None:
    solid = nagaoka.survey.points[nagaoka.survey.points["well_depth_m"].notna()]
    assert len(solid) == 18
    assert np.allclose(solid["well_depth_m"], 1.35)


def test_the_tiles_have_no_faulty_geometry(nagaoka: CityModel) -> None:
    assert {f.rule for f in nagaoka.findings} == {
        "citygml.height",
        "citygml.year",
        "citygml.pieces",
        "citygml.alone",
    }


def test_the_tiles_lie_in_nagaoka(nagaoka: CityModel) -> None:
    from pyproj import Transformer

    lonlat = Transformer.from_crs(nagaoka.survey.meta["crs"], 4326, always_xy=True)
    lon, lat = lonlat.transform(nagaoka.survey.points["x_m"], nagaoka.survey.points["y_m"])
    assert (np.abs(np.array(lon) - 138.74) < 0.05).all()
    assert (np.abs(np.array(lat) - 37.42) < 0.03).all()


def test_reading_twice_gives_the_same(data: Path, nagaoka: CityModel) -> None:
    again = read_citygml(data / "census" / "nagaoka_citygml")
    pd.testing.assert_frame_equal(again.survey.points, nagaoka.survey.points)
    pd.testing.assert_frame_equal(again.survey.lines, nagaoka.survey.lines)
    assert [str(one) for one in again.findings] == [str(one) for one in nagaoka.findings]


def test_the_sample_of_takeshiba_brings_its_attributes(data: Path) -> None:
    made = read_citygml(data / "census" / "takeshiba_citygml")
    (line,) = made.survey.lines.to_dict("records")
    assert (line["category"], line["built"], line["start_depth_m"]) == ("JS", 2020.0, 4.0)
    extra = json.loads(line["extra"])
    assert (extra["minDepth"], extra["maxWidth"], extra["material"]) == ("3.0", "0.3", "1")
    chamber = made.survey.points[made.survey.points["attachment"] != ""].iloc[0]
    assert (chamber["attachment"], chamber["well_depth_m"]) == ("窨井", 4.0)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_each_planted_fault_is_found_and_no_other(data: Path, name: str) -> None:
    (path,) = (
        one for one in (data / "census" / "plateau_quality_check").iterdir() if one.name.startswith(name)
    )
    made = read_citygml(path)
    told = {
        fault
        for table in (made.survey.lines, made.survey.points)
        for text in table["extra"]
        for fault in json.loads(text).get("faults", "").split("; ")
        if fault
    }
    assert told == FAULTS[name]
    assert bool(told) == any(finding.rule == "citygml.geometry" for finding in made.findings)


def test_the_faulty_files_together_are_one_survey(data: Path) -> None:
    made = read_citygml(data / "census" / "plateau_quality_check")
    assert made.elements["count"].sum() == 13
    assert made.survey.points["id"].is_unique
    assert made.survey.lines["id"].is_unique


def test_the_envelope_of_a_tile_is_north_first(data: Path) -> None:
    path = data / "census" / "nagaoka_citygml" / "08EE751_unf_10169_gas_op.gml.gz"
    envelope = next(iter(members(path))).children[0]
    corners = np.array([node.text.split() for node in envelope.children], dtype=float)
    frame = frame_of(path, envelope.attributes["srsName"], corners)
    assert frame.north_first
    assert to_plane(frame, corners)[0, 0] == corners[0, 1]


def test_the_tiles_are_checked_and_built_with_every_row_accounted_for(nagaoka: CityModel) -> None:
    found = check(nagaoka.survey)
    assert {"G02", "J02", "S01", "T04"} <= set(found["rule"])
    assert not {"P02", "L01", "L02", "J01", "A11"} & set(found["rule"])
    built = build(nagaoka.survey, "nagaoka")
    became = built.elements.groupby("table")["count"].sum()
    assert became.to_dict() == {"lines": len(nagaoka.survey.lines), "points": len(nagaoka.survey.points)}
    lines = built.elements[built.elements["table"] == "lines"].groupby("layer")["count"].sum()
    assert set(lines.index) == {"", "other", "water", "power", "gas", "drainage"}
    assert lines[""] == (found["rule"] == "L03").sum()


def test_faulty_files_are_checked_without_a_traceback(data: Path) -> None:
    for path in sorted((data / "census" / "plateau_quality_check").iterdir()):
        made = read_citygml(path)
        found = check(made.survey)
        lost = made.elements.loc[made.elements["outcome"] == "rejected", "lines"].sum()
        assert (found["rule"] == "L01").sum() == 2 * lost
