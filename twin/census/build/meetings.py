"""Meetings: the nodes of all layers, what stands there, and which of them stay when chains collapse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.build.intake import Intake, text
from twin.census.build.rules import records, rule
from twin.census.vocabulary import OTHER, Vocabulary
from twin.lifelines import registry
from twin.lifelines.census import Term

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Meetings:
    """Nodes: one for each point, layer and (where the class asks for it) level that lines end at.

    Attributes
    ----------
    point, layer
        Row of the point and number of the layer of each node; shape (nodes,).
    level
        Voltage of the node where its class keeps voltages apart, else NaN.
    start, end
        Node of each taken line's ends, in the order of `Intake.taken`.
    sense
        1, -1 or 0: the known direction of flow of each taken line.
    term
        What stands at each node, as a row of `terms`, -1 where it is a plain point.
    terms
        The terms that occur, with the class of their layer.
    words
        Chinese term of each node, known or not; "" where there is none.
    """

    point: Ints
    layer: Ints
    level: NDArray[np.float64]
    start: Ints
    end: Ints
    sense: Ints
    term: Ints
    terms: tuple[Term, ...]
    words: Texts

    def of(self, name: str) -> Texts:
        """An attribute of the term of each node; "" where there is none."""
        values = np.array([*(getattr(term, name) for term in self.terms), ""], dtype=object)
        return np.asarray(values[self.term])


def line_levels(intake: Intake) -> NDArray[np.float64]:
    """Voltage or pressure class (as its highest pressure in MPa) of each line; NaN where the class has none.

    A missing voltage is that of the category (data/levels.csv).
    """
    lines = intake.lines
    level = np.full(len(lines), np.nan)
    categories, pressures = text(lines, "category"), text(lines, "pressure")
    for one in records("classes"):
        rows = intake.line_class == one["class"]
        if not one["level"] or not rows.any():
            continue
        if one["level"] == "voltage_kv":
            voltage = lines["voltage_kv"].to_numpy(dtype=np.float64)
            level[rows] = np.where(voltage[rows] > 0, voltage[rows], np.nan)
        for known in rule("levels")[rule("levels")["class"] == one["class"]].to_dict("records"):
            fits = rows & np.isnan(level)
            if known["category"]:
                fits &= categories == known["category"]
            if known["text"]:
                fits &= pressures == known["text"]
            level[fits] = known["level"]
    return level


def meet(intake: Intake, words: Vocabulary) -> Meetings:
    """The nodes that the taken lines, and equipment without a line, make."""
    taken = intake.taken
    level = line_levels(intake)[taken]
    apart = _apart(intake)
    level = np.where(apart[intake.layer[taken]], level, np.nan)
    values, code = np.unique(np.append(level, np.nan), return_inverse=True)
    code, blank = code[:-1], int(code[-1])
    points, alone, alone_layer = len(intake.points), *_alone(intake, words)
    key = _key(intake.layer[taken], code, len(values), points)
    ends = np.concatenate([key + intake.start[taken], key + intake.end[taken]])
    single = _key(alone_layer, np.full(len(alone), blank), len(values), points) + alone
    nodes, number = np.unique(np.concatenate([ends, single]), return_inverse=True)
    layer, rest = np.divmod(nodes, len(values) * points)
    step, point = np.divmod(rest, points)
    flow = text(intake.lines, "flow_dir")[taken]
    sense = np.where(flow == "+", 1, np.where(flow == "-", -1, 0)).astype(np.int64)
    term, terms, spoken = _terms(intake, words, point, layer)
    n = len(taken)
    return Meetings(point, layer, values[step], number[:n], number[n : 2 * n], sense, term, terms, spoken)


def _key(layer: Ints, level: Ints, levels: int, points: int) -> Ints:
    return np.asarray((layer * levels + level) * points, dtype=np.int64)


def _apart(intake: Intake) -> Flags:
    """Whether each layer keeps the levels at one point apart."""
    classes = rule("classes")
    separate = set(classes["class"][classes["separates"] == "true"])
    known = registry.declarations()
    codes = {name: known[name].census for name in intake.layers if name in known}
    return np.array(
        [(own := codes.get(name)) is not None and own.class_code in separate for name in intake.layers]
    )


def _alone(intake: Intake, words: Vocabulary) -> tuple[Ints, Ints]:
    """Points that are taken though no line ends there, and their layers."""
    used = np.zeros(len(intake.points), dtype=bool)
    taken = intake.taken
    used[intake.start[taken]] = used[intake.end[taken]] = True
    rows = np.flatnonzero((intake.point_reason == "") & ~used)
    number = {name: place for place, name in enumerate(intake.layers)}
    layers = [number[words.lifeline_of(code) or OTHER] for code in text(intake.points, "category")[rows]]
    return rows, np.array(layers, dtype=np.int64)


def _terms(
    intake: Intake, words: Vocabulary, point: Ints, layer: Ints
) -> tuple[Ints, tuple[Term, ...], Texts]:
    """What stands at each node: its attachment, else its feature, in the words of its layer's class."""
    known = registry.declarations()
    attachment, feature = text(intake.points, "attachment")[point], text(intake.points, "feature")[point]
    spoken = np.where(attachment != "", attachment, feature)
    role = np.where(attachment != "", "attachment", "feature")
    category = text(intake.points, "category")[point]
    frame = pd.DataFrame({"layer": layer, "role": role, "word": spoken, "category": category})
    group = frame.groupby(list(frame.columns), sort=False).ngroup().to_numpy()
    terms: list[Term] = []
    place = []
    unique = frame.drop_duplicates()
    rows = zip(*(unique[name] for name in ("layer", "role", "word", "category")), strict=True)
    for number, kind, word, code in rows:
        declared = known.get(intake.layers[number])
        own = declared.census if declared is not None else None
        term = own.by_term.get((kind, word)) if own is not None else words.term(code, kind, word)
        place.append(len(terms) if term is not None else -1)
        if term is not None:
            terms.append(term)
    return np.array(place, dtype=np.int64)[group], tuple(terms), np.asarray(spoken, dtype=object)


def kept(intake: Intake, meetings: Meetings, wanted: Ints) -> Flags:
    """The nodes that must stay.

    A node stays where its term splits or makes a component, where a word is unknown that names an attachment,
    where the two lines differ in what their class compares (data/classes.csv, column keys), where water would
    meet or part, where one point has several nodes, and where something is joined to its point (`wanted`).
    """
    nodes = len(meetings.point)
    stay = (meetings.of("splits") == True) | (meetings.of("kind") != "")  # noqa: E712 (an object array)
    attached = text(intake.points, "attachment")[meetings.point] != ""
    stay |= attached & (meetings.term < 0)
    named = np.zeros(len(intake.points), dtype=bool)
    named[wanted] = True
    stay |= named[meetings.point]
    several = np.bincount(meetings.point * len(intake.layers) + meetings.layer)
    stay |= several[meetings.point * len(intake.layers) + meetings.layer] > 1
    key = _line_keys(intake)[intake.taken]
    low, high = np.full(nodes, np.iinfo(np.int64).max), np.full(nodes, -1, dtype=np.int64)
    into, out = np.zeros(nodes, dtype=np.int64), np.zeros(nodes, dtype=np.int64)
    for ends, sign in ((meetings.start, -1), (meetings.end, 1)):
        np.minimum.at(low, ends, key)
        np.maximum.at(high, ends, key)
        into += np.bincount(ends[meetings.sense == sign], minlength=nodes)
        out += np.bincount(ends[meetings.sense == -sign], minlength=nodes)
    return np.asarray(stay | (low < high) | (into > 1) | (out > 1), dtype=bool)


def _line_keys(intake: Intake) -> Ints:
    """A number per line; lines with equal numbers are alike in what their class compares."""
    lines = intake.lines
    columns = sorted({name for keys in rule("classes")["keys"] for name in keys.split()})
    own = {one["class"]: one["keys"].split() for one in records("classes")}
    codes = {name: pd.factorize(lines[name])[0] for name in columns}
    frame = pd.DataFrame({"layer": intake.layer})
    for name in columns:
        compared = np.isin(
            intake.line_class.astype(str), [code for code, keys in own.items() if name in keys]
        )
        frame[name] = np.where(compared, codes[name], -2)
    return np.asarray(frame.groupby(list(frame.columns), sort=False).ngroup().to_numpy(), dtype=np.int64)
