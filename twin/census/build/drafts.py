"""Drafts: the nodes and links of one layer, its devices in place, before its lifeline completes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.build.equipment import PLANT_NUMBERS, equipment, joined_rows
from twin.census.build.intake import Intake, text
from twin.census.build.meetings import Meetings
from twin.census.build.rules import rule, rules_of
from twin.census.build.splits import lifted, put_between, put_between_levels, sourceward
from twin.census.build.strands import Strands
from twin.census.vocabulary import Vocabulary
from twin.lifelines.base import Declaration
from twin.lifelines.surveyed import JOINED, fill, numbered
from twin.model.finding import Finding
from twin.model.schema import Schema

POINT_TEXTS = ("category", "road", "owner", "repaired")
AGAIN = "~"
"""What stands between the id of a point and the number of its second node."""


@dataclass(eq=False)
class Draft:
    """One layer on its way to a network.

    Attributes
    ----------
    name, class_code
        Layer and class.
    nodes, links
        As `twin.lifelines.surveyed.Surveyed` has them, with `at` (row of the point; of a link that of its
        device, else -1) and `away` (way to the nearest source).
    vertices, members
        Polylines and source lines, by id of their `link`.
    devices
        The equipment that was put between nodes.
    """

    name: str
    class_code: str
    nodes: pd.DataFrame
    links: pd.DataFrame
    vertices: pd.DataFrame
    members: pd.DataFrame
    devices: pd.DataFrame

    def node_of(self, points: NDArray[np.int64], *, behind: bool = True) -> NDArray[np.object_]:
        """The id of the node at each point, behind its devices or before them; "" where there is none."""
        level = self.nodes["level"].fillna(0.0) * (1 if behind else -1)
        key = self.nodes["node"] * (-1 if behind else 1)
        ranked = self.nodes.assign(level=level, key=key).sort_values(["at", "level", "key"], kind="stable")
        first = ranked.drop_duplicates("at").set_index("at")["id"]
        return np.asarray(first.reindex(points).fillna("").to_numpy(dtype=object))


def draft(
    intake: Intake,
    meetings: Meetings,
    made: Strands,
    words: Vocabulary,
    layer: int,
    declared: Declaration | None,
    schemas: Mapping[str, Schema],
    tables: Mapping[str, pd.DataFrame],
    findings: list[Finding],
) -> Draft:
    """The draft of a layer; `declared` is None for the layer of everything that has no lifeline."""
    code = declared.census.class_code if declared is not None and declared.census is not None else ""
    rows = np.flatnonzero(made.links["layer"].to_numpy() == layer)
    links = made.links.iloc[rows].assign(device=False, at=-1, strand=rows, term="")
    links["kind"] = _link_kinds(links, words, schemas["links"])
    plants = joined_rows(tables, "plants", code, intake, findings)
    nodes = _nodes(intake, meetings, layer, links, declared, schemas["nodes"], plants)
    devices = pd.DataFrame({"at": np.zeros(0, dtype=np.int64), "kind": [], "id": []})
    if declared is not None:
        rated = joined_rows(tables, "devices", code, intake, findings)
        devices = _rated(equipment(intake, meetings, layer, declared, rated, plants), code, nodes)
        nodes, links = put_between_levels(nodes, links, devices)
        nodes = lifted(nodes)
        nodes["away"] = sourceward(nodes, links)
        nodes, links = put_between(nodes, links, devices, _upstream(code))
    nodes["away"] = sourceward(nodes, links)
    nodes["id"] = _node_ids(nodes)
    return _finished(
        Draft(declared.name if declared else "", code, nodes, links, made.vertices, made.members, devices)
    )


def _link_kinds(links: pd.DataFrame, words: Vocabulary, schema: Schema) -> NDArray[np.object_]:
    """The kind of the category where the layer has it, else the layer's plain link."""
    column = schema.by_name["kind"]
    plain = column.default or ""
    found = {code: words.categories.get(code) for code in links["category"].unique()}
    known = {
        code: one.kind if one is not None and (not column.choices or one.kind in column.choices) else plain
        for code, one in found.items()
    }
    return np.array([known[code] for code in links["category"]], dtype=object)


def _upstream(code: str) -> int:
    known = rule("classes")
    found = known["upstream"][known["class"] == code]
    return int(found.iloc[0]) if len(found) else 1


def _rated(devices: pd.DataFrame, code: str, nodes: pd.DataFrame) -> pd.DataFrame:
    """The devices with the rated voltages of their term where the joined table has none."""
    types = rule("transformers")
    types = types[types["class"] == code].set_index("term")
    for column in ("vn_hv_kv", "vn_lv_kv"):
        if len(types):
            given = types[column].reindex(devices["term"]).to_numpy(dtype=float)
            devices[column] = devices[column].fillna(pd.Series(given, index=devices.index))
        level = nodes.groupby("at")["level"].max().reindex(devices["at"]).to_numpy(dtype=float)
        devices[column] = devices[column].fillna(pd.Series(level, index=devices.index))
    return devices


def _nodes(
    intake: Intake,
    meetings: Meetings,
    layer: int,
    links: pd.DataFrame,
    declared: Declaration | None,
    schema: Schema,
    plants: pd.DataFrame,
) -> pd.DataFrame:
    ends = np.unique(np.concatenate([links["s"].to_numpy(), links["t"].to_numpy()]))
    bare = np.bincount(np.concatenate([meetings.start, meetings.end]), minlength=len(meetings.point)) == 0
    node = np.union1d(ends, np.flatnonzero(bare & (meetings.layer == layer))).astype(np.int64)
    at = meetings.point[node]
    points = intake.points
    nodes = pd.DataFrame(
        {"node": node, "at": at, "level": meetings.level[node], "term": meetings.words[node]}
    )
    nodes["x"], nodes["y"] = (points[name].to_numpy(dtype=np.float64)[at] for name in ("x_m", "y_m"))
    nodes["source_id"] = text(points, "id")[at]
    for name in POINT_TEXTS:
        nodes[name] = text(points, name)[at]
    for name in ("ground_m", "built"):
        nodes[name] = points[name].to_numpy(dtype=np.float64)[at]
    nodes["depth_m"] = _depths(intake)[at]
    kinds = schema.by_name["kind"]
    own = meetings.of("kind")[node]
    admitted = {name for name, kind in declared.kinds.items() if kind.table == "nodes"} if declared else set()
    nodes["plain"] = kinds.default or ""
    nodes["kind"] = np.where(np.isin(own.astype(str), list(admitted)), own, kinds.default or "")
    nodes["name"], nodes["wish"], nodes["plant_kind"] = "", "", ""
    return _with_plants(nodes, plants, admitted, declared)


def _with_plants(
    nodes: pd.DataFrame, plants: pd.DataFrame, admitted: set[str], declared: Declaration | None
) -> pd.DataFrame:
    """The nodes with what is joined about plants, and which of them are sources."""
    first = plants.drop_duplicates("at").set_index("at")
    rows = nodes["at"].isin(first.index).to_numpy()
    at = nodes["at"][rows]
    kind = first["kind"].reindex(at).to_numpy(dtype=object)
    nodes.loc[rows, "plant_kind"] = kind
    nodes.loc[rows, "name"] = first["name"].reindex(at).to_numpy(dtype=object)
    as_node = ~np.isin(kind.astype(str), list(set(declared.kinds) - admitted) if declared else [])
    nodes.loc[rows, "wish"] = np.where(as_node, first["id"].reindex(at).to_numpy(dtype=object), "")
    for column in PLANT_NUMBERS:
        nodes[column] = first[column].astype(float).reindex(nodes["at"]).to_numpy() if len(first) else np.nan
    nodes["unit"] = first["unit"].reindex(nodes["at"]).fillna("").to_numpy(dtype=object) if len(first) else ""
    known = rows & nodes["plant_kind"].isin(list(admitted)).to_numpy()
    fill(nodes, "kind", nodes["plant_kind"].to_numpy(dtype=object), known, JOINED)
    nodes["source"] = _sources(nodes, declared)
    return nodes


def _sources(nodes: pd.DataFrame, declared: Declaration | None) -> NDArray[np.bool_]:
    """Nodes that feed their network (or that it drains to): by kind, by plant, by term."""
    if declared is None or declared.census is None:
        return np.zeros(len(nodes), dtype=bool)
    feeding = [
        name for name, kind in declared.kinds.items() if kind.role == "source" or kind.symbol == "source"
    ]
    classes = rule("classes")
    said = " ".join(classes["sources"][classes["class"] == declared.census.class_code]).split()
    term_kinds = {term.term for term in declared.census.terms if term.kind in feeding}
    unknown = (nodes["plant_kind"] != "") & ~nodes["plant_kind"].isin(list(declared.kinds))
    found = nodes["kind"].isin(feeding) | nodes["plant_kind"].isin(feeding) | unknown
    return np.asarray(found | nodes["term"].isin([*said, *term_kinds]), dtype=bool)


def _depths(intake: Intake) -> NDArray[np.float64]:
    """Depth of the well at each point, else of the deepest line there."""
    depth = np.full(len(intake.points), np.nan)
    taken = intake.taken
    for side, ends in (("start", intake.start), ("end", intake.end)):
        np.fmax.at(depth, ends[taken], intake.lines[f"{side}_depth_m"].to_numpy(dtype=np.float64)[taken])
    well = intake.points["well_depth_m"].to_numpy(dtype=np.float64)
    return np.where(np.isfinite(well), well, depth)


def _node_ids(nodes: pd.DataFrame) -> NDArray[np.object_]:
    """The id of the point (or the one that its plant asks for), with a number from its second node on."""
    order = (
        nodes.assign(low=-nodes["level"].fillna(0.0)).sort_values(["at", "low", "node"], kind="stable").index
    )
    place = nodes.loc[order].groupby("at").cumcount().reindex(nodes.index)
    base = nodes["wish"].where((nodes["wish"] != "") & (place == 0), nodes["source_id"])
    ids = base.where(place == 0, base + AGAIN + (place + 1).astype(str))
    return numbered(list(_bare(ids)))


def _bare(ids: pd.Series[str]) -> pd.Series[str]:
    """Ids without what an id must not have."""
    return ids.astype(str).str.replace("/", "_", regex=False).str.strip()


def _finished(one: Draft) -> Draft:
    """The draft with links and their tables by id."""
    links, nodes = one.links, one.nodes
    wish = links["wish"].fillna("") if "wish" in links else pd.Series("", index=links.index)
    device = links["device"].astype(bool)
    order = np.lexsort((np.arange(len(links)), ~device.to_numpy()))
    ids = np.empty(len(links), dtype=object)
    ids[order] = numbered(list(_bare(links["source_id"].where(~device, wish)).iloc[order]))
    links["id"] = ids
    called = nodes.set_index("node")["id"]
    links["start"], links["end"] = (called.reindex(links[name]).to_numpy(dtype=object) for name in ("s", "t"))
    by_at = nodes.drop_duplicates("at").set_index("at")
    for name in ("source_id", *POINT_TEXTS):
        links[name] = links[name].where(~device, by_at[name].reindex(links["at"]).to_numpy(dtype=object))
    called = pd.Series(ids, index=links["strand"].to_numpy())
    called = called[pd.notna(called.index)]
    one.links = links.drop(columns=["wish"], errors="ignore").reset_index(drop=True)
    one.nodes = nodes.reset_index(drop=True)
    strand_ids = {name: getattr(one, name) for name in ("vertices", "members")}
    for name, frame in strand_ids.items():
        own = frame[frame["strand"].isin(called.index)]
        setattr(one, name, own.assign(link=called.reindex(own["strand"]).to_numpy()).drop(columns="strand"))
    for name in ("material", "embed", "pressure", "term", "name", "state", "fed_by", "unit", "road", "owner"):
        one.links[name] = one.links[name].fillna("").astype(object) if name in one.links else ""
    return one


def rules_for(one: Draft) -> dict[str, pd.DataFrame]:
    """The tables of assumptions of a draft's class."""
    return rules_of(one.class_code)
