"""A city from a survey: intake, collapse, devices, lifelines, and all that joins them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from twin.census.build import elements, ground, manholes, places
from twin.census.build.attached import attach
from twin.census.build.chains import collapse
from twin.census.build.drafts import Draft, draft
from twin.census.build.equipment import table
from twin.census.build.intake import Intake, take_in, text
from twin.census.build.meetings import Meetings, kept, meet
from twin.census.build.needs import dependencies
from twin.census.build.networks import NO_FEEDS, SUPPLIES, complete, network, put_on_ground
from twin.census.build.provenance import WORDS
from twin.census.build.relations import relations
from twin.census.build.strands import strands
from twin.census.survey import Survey
from twin.census.vocabulary import OTHER, vocabulary
from twin.lifelines import registry
from twin.model.city import LAYER_SCHEMAS, City, Manifest
from twin.model.finding import Finding, Severity
from twin.model.network import Network
from twin.model.table import Table
from twin.text import Message, _

Tell = Callable[[float], None]
NOW = 2025.0
"""Year of a census that does not say its own."""


@dataclass(frozen=True, eq=False)
class Built:
    """A city, and how it came about.

    Attributes
    ----------
    city
        The city.
    findings
        What was left out, joined to nothing, or not found; in order.
    fates
        What each row of the survey became (`elements.fates`).
    provenance
        How many values of each attribute were measured, joined, repaired and assumed.
    """

    city: City
    findings: tuple[Finding, ...]
    fates: pd.DataFrame
    provenance: pd.DataFrame

    @property
    def elements(self) -> pd.DataFrame:
        """How many rows of each category became what."""
        return elements.summary(self.fates)


def build(survey: Survey, name: str, tell: Tell = lambda share: None) -> Built:
    """The city of a survey; `tell` is given the share of the work that is done."""
    words = vocabulary()
    findings: list[Finding] = []
    assumed: list[Message] = []
    tables = survey.tables
    intake = take_in(survey, words)
    meetings = meet(intake, words)
    people, plants, devices = (table(tables, kind) for kind in ("customers", "plants", "devices"))
    customers = attach(people, plants, devices, intake, meetings, findings)
    tell(0.1)
    stay = kept(intake, meetings, _wanted(tables, intake, customers))
    chains = collapse(meetings.start, meetings.end, stay, meetings.sense)
    made = strands(intake, meetings, chains)
    tell(0.25)
    land = ground.terrain(survey.points)
    known = registry.declarations()
    drafts: dict[str, Draft] = {}
    for number, layer in enumerate(intake.layers):
        schemas = known[layer].schemas if layer in known else LAYER_SCHEMAS[OTHER]
        one = draft(intake, meetings, made, words, number, known.get(layer), schemas, tables, findings)
        put_on_ground(one, land)
        drafts[layer] = one
    tell(0.45)
    fates = elements.fates(intake, drafts)
    findings += elements.rejections(fates) + elements.without_source(drafts)
    return _joined(survey, name, intake, meetings, drafts, customers, fates, land, findings, assumed, tell)


def _wanted(
    tables: Mapping[str, pd.DataFrame], intake: Intake, customers: Mapping[str, pd.DataFrame]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows of the points that something is joined to."""
    named = [table(tables, "devices")[column] for column in ("point", "fed_by")]
    named += [table(tables, "plants")["point"], table(tables, "names")["component"]]
    named += [table(tables, "dependencies")[column] for column in ("supplier", "consumer")]
    rows = intake.rows_of(pd.concat(named).unique().tolist())
    points = [frame["point"].to_numpy(dtype=np.int64) for frame in customers.values()]
    return np.unique(np.concatenate([rows[rows >= 0], *points])).astype(np.int64)


def _joined(
    survey: Survey,
    name: str,
    intake: Intake,
    meetings: Meetings,
    drafts: Mapping[str, Draft],
    customers: Mapping[str, pd.DataFrame],
    fates: pd.DataFrame,
    land: object,
    findings: list[Finding],
    assumed: list[Message],
    tell: Tell,
) -> Built:
    """The drafts completed and joined to a city."""
    tables = survey.tables
    region_table, polygons = places.regions(tables, findings)
    feeds, year = _feeds(drafts, intake), _year(survey)
    networks, provenance, supplies = _completed(
        drafts, customers, feeds, year, polygons, findings, assumed, tell
    )
    other = networks.pop(OTHER, None)
    if not networks:
        findings.append(_nothing())
    roads = places.roads(tables, assumed, findings)
    facilities = places.facilities(tables, findings)
    called = _called(drafts, networks, intake, facilities)
    principal = {point: names[0] for point, names in called.items()}
    refs = {name for layer in (*networks.values(), facilities) for name in layer.refs}
    layers = {one.class_code: layer for layer, one in drafts.items() if layer in networks}
    reached = {layer: np.isfinite(_away(drafts[layer], made)) for layer, made in networks.items()}
    needs = dependencies(tables, networks, layers, facilities, supplies, called, reached, findings)
    tell(0.85)
    codes = {layer: code for code, layer in layers.items()}
    joined: dict[str, Table] = {
        **places.agencies(tables, findings),
        "regions": region_table,
        "themes": places.themes(tables, findings),
        "names": places.names(tables, principal, dict.fromkeys(refs), findings),
        "manholes": manholes.ledger(intake, meetings, principal, findings),
        "dependencies": needs,
        "relations": relations(networks, codes, _wells(meetings, drafts, networks), findings),
    }
    manifest = _manifest(survey, name, [*assumed, *_shares_told(provenance)])
    extra = {"other": other} if other is not None else {}
    city = City(manifest, networks, roads, facilities, terrain=land, **joined, **extra)  # type: ignore[arg-type]
    tell(0.95)
    return Built(city, tuple(findings), fates, provenance)


def _completed(
    drafts: Mapping[str, Draft],
    customers: Mapping[str, pd.DataFrame],
    feeds: Mapping[str, pd.DataFrame],
    year: float,
    polygons: Sequence[tuple[str, object]],
    findings: list[Finding],
    assumed: list[Message],
    tell: Tell,
) -> tuple[dict[str, Network], pd.DataFrame, pd.DataFrame]:
    """The networks, where their attributes come from, and what each made to feed devices of others."""
    known = registry.declarations()
    networks: dict[str, Network] = {}
    provenance = [pd.DataFrame(columns=["layer", "table", "column", *WORDS.values()])]
    supplies = [pd.DataFrame({"supplier": [], "consumer": [], "kind": []}, dtype=object)]
    for layer, one in drafts.items():
        if not len(one.nodes):
            continue
        entry = known[layer].survey if layer in known else ""
        schemas = known[layer].schemas if layer in known else LAYER_SCHEMAS[OTHER]
        done = complete(one, entry, customers.get(layer), feeds.get(layer, NO_FEEDS), year, assumed)
        if SUPPLIES in done:
            supplies.append(done.pop(SUPPLIES).assign(kind=layer))
        networks[layer], share = network(layer, done, one, schemas, polygons, findings)
        provenance.append(share)
        tell(0.45 + 0.3 * len(networks) / len(drafts))
    shares = pd.concat([frame for frame in provenance if len(frame)] or provenance, ignore_index=True)
    return networks, shares, pd.concat(supplies, ignore_index=True)


def _nothing() -> Finding:
    problem = _("holds nothing that could become a network")
    remedy = _("check what was read: points with coordinates, and lines between them")
    return Finding("build.nothing", Severity.ERROR, "lines", problem, remedy)


def _away(one: Draft, made: Network) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The way from each node to the nearest source, in the order of the network's nodes."""
    away = one.nodes.drop_duplicates("id").set_index("id")["away"]
    return np.asarray(away.reindex(made.tables["nodes"]["id"]).fillna(np.inf).to_numpy(dtype=float))


def _feeds(drafts: Mapping[str, Draft], intake: Intake) -> dict[str, pd.DataFrame]:
    """By lifeline, the devices of others that it feeds by the joined tables (`fed_by`)."""
    parts = []
    for layer, one in drafts.items():
        links = one.links
        if "fed_by" not in links:
            continue
        rows = links[links["device"].astype(bool) & (links["fed_by"] != "")]
        names = [f"{layer}/{kind}/{bare}" for kind, bare in zip(rows["kind"], rows["id"], strict=True)]
        wish = rows.reindex(columns=["fed_by", "power_kw", "q_m3h", "head_m"])
        parts.append(wish.assign(consumer=names, point=intake.rows_of(rows["fed_by"].tolist())))
    if not parts:
        return {}
    both = pd.concat(parts, ignore_index=True)
    found = {}
    for layer, one in drafts.items():
        node = one.node_of(both["point"].to_numpy())
        own = both.assign(node=node)[node != ""]
        if len(own):
            found[layer] = own.reset_index(drop=True)
            both = both[node == ""]
    return found


def _called(
    drafts: Mapping[str, Draft], networks: Mapping[str, Network], intake: Intake, facilities: Network
) -> dict[str, list[str]]:
    """The components at each survey point (plants, then devices, then the node), and facilities by id."""
    found: dict[str, list[str]] = {}
    for layer in networks:
        one = drafts[layer]
        nodes, links = one.nodes, one.links[one.links["device"].astype(bool)]
        plants = nodes[(nodes["plant_kind"] == nodes["kind"]) & (nodes["plant_kind"] != "")]
        last = nodes.sort_values(["level", "node"], ascending=[False, True]).drop_duplicates(
            "at", keep="last"
        )
        for frame in (plants.drop_duplicates("at"), links, last):
            ids = text(intake.points, "id")[frame["at"].to_numpy(dtype=np.int64)]
            for point, kind, bare in zip(ids, frame["kind"], frame["id"], strict=True):
                names = found.setdefault(str(point), [])
                if (name := f"{layer}/{kind}/{bare}") not in names:
                    names.append(name)
        inner = dict(zip(one.vertices["source_id"], one.vertices["link"], strict=True))
        kinds = dict(zip(one.links["id"], one.links["kind"], strict=True))
        for point, link in inner.items():
            found.setdefault(str(point), [f"{layer}/{kinds[link]}/{link}"])
    for name in facilities.ids("nodes"):
        found.setdefault(str(name).rsplit("/", 1)[-1], [str(name)])
    return found


def _wells(meetings: Meetings, drafts: Mapping[str, Draft], networks: Mapping[str, Network]) -> pd.DataFrame:
    """The nodes that are underground spaces: `component, class, x, y`."""
    deep = np.unique(meetings.point[meetings.of("well") == "depth"])
    parts = [pd.DataFrame({"component": [], "class": [], "x": [], "y": []})]
    for layer in networks:
        nodes = drafts[layer].nodes
        own = nodes[nodes["at"].isin(deep)].drop_duplicates("at")
        names = [f"{layer}/{kind}/{bare}" for kind, bare in zip(own["kind"], own["id"], strict=True)]
        parts.append(own[["x", "y"]].assign(component=names, **{"class": drafts[layer].class_code}))
    return pd.concat(parts, ignore_index=True)


def _year(survey: Survey) -> float:
    said = str(survey.meta.get("census_date", ""))[:4]
    return float(said) if said.isdigit() else NOW


def _shares_told(provenance: pd.DataFrame) -> list[Message]:
    """One sentence a layer: how many of the values that a run rests on were measured."""
    told = []
    for layer, own in provenance.groupby("layer", sort=True):
        total = own[["measured", "joined", "repaired", "assumed"]].sum()
        every = max(float(total.sum()), 1.0)
        told.append(
            _(
                "{layer}: of the values it rests on {measured} % were measured, {joined} % joined,"
                " {repaired} % repaired and {assumed} % assumed.",
                layer=str(layer),
                **{name: round(100 * float(total[name]) / every) for name in total.index},
            )
        )
    return told


def _manifest(survey: Survey, name: str, assumed: list[Message]) -> Manifest:
    meta = survey.meta
    told = " ".join(str(meta.get(key, "")) for key in ("name", "standard", "notice"))
    synthetic = "synthetic" in told.lower() or str(meta.get("synthetic", "")).lower() == "true"
    return Manifest(
        name,
        title=str(meta.get("name", "")),
        crs=str(meta.get("crs", "")),
        census_date=str(meta.get("census_date", "")),
        licence=str(meta.get("licence", "")),
        assumed=tuple(str(sentence) for sentence in assumed),
        version="1",
        synthetic=synthetic,
        notice=str(meta.get("notice", "")),
    )
