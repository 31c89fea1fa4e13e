"""Places: roads, facilities, agencies, depots, regions, names and risk themes from the joined tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from twin.census.build.equipment import table
from twin.census.build.networks import built_table
from twin.census.build.rules import rule
from twin.model.city import CITY_SCHEMAS, FACILITY, LAYER_SCHEMAS, ROAD
from twin.model.finding import Finding, Severity
from twin.model.network import Network
from twin.model.table import Table
from twin.text import Message, _

KMH = 30.0
"""Speed on a street whose travel time is not given."""
SURFACES = ("river", "lake", "park")
"""Kinds of areas that pictures show; no component belongs to them."""
Tables = Mapping[str, pd.DataFrame]


def roads(tables: Tables, assumed: list[Message], findings: list[Finding]) -> Network:
    """The road layer from joined streets; empty, with a note, where there are none."""
    import shapely

    schemas = LAYER_SCHEMAS[ROAD]
    streets = table(tables, "streets")
    if streets.empty:
        assumed.append(_("There are no streets: crews travel in straight lines."))
        return Network(ROAD, {name: Table.empty(schema) for name, schema in schemas.items()})
    shapes = shapely.from_wkt(streets["wkt"].to_numpy(dtype=object), on_invalid="ignore")
    usable = np.array([shape is not None and not shape.is_empty for shape in shapes], dtype=bool)
    if not usable.all():
        problem, ids = _("has no centre line that can be read"), tuple(streets["id"][~usable])
        findings.append(
            Finding("build.street", Severity.WARNING, "streets", problem, _("correct it"), "wkt", ids)
        )
    streets, shapes = streets[usable].reset_index(drop=True), shapes[usable]
    length = shapely.length(shapes)
    minutes = streets["travel_min"].to_numpy(dtype=float)
    if np.isnan(minutes).any():
        assumed.append(_("Streets without a travel time are driven at {v} km/h.", v=KMH))
    links = streets.assign(
        length_m=np.round(length, 2),
        travel_min=np.where(np.isnan(minutes), np.round(length / (KMH / 0.06), 4), minutes),
    )[["id", "kind", "name", "start", "end", "length_m", "travel_min"]]
    ends = []
    for place, name in ((0, "start"), (-1, "end")):
        xy = shapely.get_coordinates(shapely.get_point(shapes, place))
        ends.append(pd.DataFrame({"id": streets[name], "x": xy[:, 0], "y": xy[:, 1]}))
    nodes = pd.concat(ends).drop_duplicates("id").sort_values("id").assign(kind="junction")
    made = {"nodes": nodes, "links": links}
    return Network(
        ROAD,
        {
            key: built_table(schema, made.get(key), f"{ROAD}/{key}", findings)
            for key, schema in schemas.items()
        },
    )


def facilities(tables: Tables, findings: list[Finding]) -> Network:
    """The layer of facilities."""
    schema = LAYER_SCHEMAS[FACILITY]["nodes"]
    rows = table(tables, "facilities").rename(columns={"x_m": "x", "y_m": "y"})
    return Network(FACILITY, {"nodes": built_table(schema, rows, f"{FACILITY}/nodes", findings)})


def agencies(tables: Tables, findings: list[Finding]) -> dict[str, Table]:
    """Agencies and depots; an agency loses a depot that is in no table, with a finding."""
    known = table(tables, "depots").rename(columns={"x_m": "x", "y_m": "y"})
    streets = table(tables, "streets")
    junctions = set(streets["start"]) | set(streets["end"])
    lost = (known["road_node"] != "") & ~known["road_node"].isin(list(junctions))
    known["road_node"] = known["road_node"].where(~lost, "")
    rows = table(tables, "agencies")
    homeless = (rows["depot"] != "") & ~rows["depot"].isin(list(known["id"]))
    if homeless.any():
        problem, ids = _("is no depot of the joined tables"), tuple(rows["depot"][homeless])
        findings.append(
            Finding("build.depot", Severity.WARNING, "agencies", problem, _("add it"), "depot", ids)
        )
    rows["depot"] = rows["depot"].where(~homeless, "")
    return {
        "agencies": built_table(CITY_SCHEMAS["agencies"], rows, "agencies", findings),
        "depots": built_table(CITY_SCHEMAS["depots"], known, "depots", findings),
    }


def regions(tables: Tables, findings: list[Finding]) -> tuple[Table, list[tuple[str, object]]]:
    """The regions and surfaces among the joined areas, and the polygons of regions, smallest first."""
    import shapely

    areas = table(tables, "areas")
    own = areas[areas["kind"].isin(["region", *SURFACES])].reset_index(drop=True)
    shapes = shapely.from_wkt(own["wkt"].to_numpy(dtype=object), on_invalid="ignore")
    surface = own["kind"].isin(SURFACES).to_numpy()
    good = np.array(
        [shape is not None and (known or shape.geom_type.endswith("Polygon"))
         for shape, known in zip(shapes, surface, strict=True)], dtype=bool
    )  # fmt: skip
    if not good.all():
        problem, ids = _("is no polygon"), tuple(own["id"][~good])
        findings.append(
            Finding("build.region", Severity.WARNING, "areas", problem, _("correct it"), "wkt", ids)
        )
    own, shapes, surface = own[good], shapes[good], surface[good]
    level = own["level"].where(own["level"] != "", "region")
    rows = own.assign(kind=own["kind"].where(surface, level))
    order = np.lexsort((own["id"].astype(str), shapely.area(shapes)))
    polygons = [(str(own["id"].iloc[place]), shapes[place]) for place in order if not surface[place]]
    return built_table(
        CITY_SCHEMAS["regions"], rows[["id", "name", "kind", "wkt"]], "regions", findings
    ), polygons


def themes(tables: Tables, findings: list[Finding]) -> Table:
    """The risk themes that were joined, else the default list (data/themes.csv), each row with its source."""
    own = table(tables, "themes")
    return built_table(CITY_SCHEMAS["themes"], own if len(own) else rule("themes"), "themes", findings)


def names(
    tables: Tables, called: Mapping[str, str], known: Mapping[str, object], findings: list[Finding]
) -> Table:
    """What people say, as components: `called` gives the component of a survey point."""
    rows = table(tables, "names")
    component = [name if name in known else called.get(name, "") for name in rows["component"]]
    rows = rows.assign(component=component)
    lost = rows["component"] == ""
    if lost.any():
        problem, ids = _("means nothing in this city"), tuple(rows["name"][lost])
        findings.append(
            Finding(
                "build.name", Severity.WARNING, "names", problem, _("correct the component"), "component", ids
            )
        )
    return built_table(CITY_SCHEMAS["names"], rows[~lost], "names", findings)
