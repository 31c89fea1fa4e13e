"""Rules of points: numbers, places, what a point is called."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from twin.census.rules.data import rows_of
from twin.census.rules.hits import Hits, Ints, Mask, hits, texts
from twin.census.rules.view import View
from twin.census.vocabulary import vocabulary

_BOOKKEEPING = frozenset({"row", "file", "line_no", "extra", "repaired"})


def unlike_numbers(view: View) -> Iterator[Hits]:
    """P01: map number and survey number are both filled and differ."""
    own = view.points["map_no"].str.strip()
    found = (own != "") & (view.points["id"] != "") & (own != view.points["id"])
    at = np.flatnonzero(found.to_numpy(dtype=np.bool_))
    yield hits("points", at, "map_no", view.points["map_no"].iloc[at], view.points["id"].iloc[at])


def repeated_numbers(view: View) -> Iterator[Hits]:
    """P02: the id stands in an earlier row; the value says whether it is the same (`=`) or not (`!=`)."""
    at = np.flatnonzero(view.later)
    first = view.first[view.number[at]]
    columns = [name for name in view.points.columns if name not in _BOOKKEEPING]
    unlike = np.column_stack([_differ(view.points[name], at, first) for name in columns])
    rows = view.points["row"].to_numpy()[first]
    said = [
        f"!= {row}: {' '.join(np.array(columns)[odd])}" if odd.any() else f"= {row}"
        for row, odd in zip(rows, unlike, strict=True)
    ]
    yield hits("points", at, "id", said, "")


def _differ(values: pd.Series, at: Ints, first: Ints) -> Mask:
    here, there = (values.iloc[rows].to_numpy() for rows in (at, first))
    return np.asarray((here != there) & ~(pd.isna(here) & pd.isna(there)), dtype=np.bool_)


def shared_places(view: View) -> Iterator[Hits]:
    """P03: points of one class with different ids, not joined, at one place (error) or all but (warning)."""
    x, y, ground = (view.numbers("points", name) for name in ("x_m", "y_m", "ground_m"))
    judged = np.isfinite(x + y + ground) & ~view.outside & ~view.later & (view.number >= 0)
    at = np.flatnonzero(judged)
    one, other = at[
        cKDTree(np.column_stack([x, y])[at]).query_pairs(view.limit("near_plan_m"), output_type="ndarray").T
    ]
    near = np.abs(ground[one] - ground[other]) <= view.limit("near_ground_m") + 1e-9
    near &= (view.point_class[one] == view.point_class[other]) & (view.point_class[one] >= 0)
    near &= ~view.joints.joined(view.number[one], view.number[other])
    one, other = one[near], other[near]
    apart = np.maximum(np.hypot(x[one] - x[other], y[one] - y[other]), np.abs(ground[one] - ground[other]))
    same = apart <= view.limit("same_place_m") + 1e-9
    pairs = pd.DataFrame(
        {"at": np.append(one, other), "with": np.append(other, one), "same": np.append(same, same)}
    ).sort_values(["at", "same", "with"], ascending=[True, False, True])
    pairs = pairs.drop_duplicates("at")
    partners = view.points["id"].iloc[pairs["with"]]
    yield hits(
        "points",
        pairs["at"].to_numpy(),
        "x_m",
        [f"{'=' if same else '~'} {name}" for same, name in zip(pairs["same"], partners, strict=True)],
        "",
        ["error" if same else "warning" for same in pairs["same"]],
    )


def two_names_or_none(view: View) -> Iterator[Hits]:
    """P04: feature and attachment both filled (warning) or both empty (error)."""
    feature, attachment = view.filled("points", "feature"), view.filled("points", "attachment")
    both, none = feature & attachment, ~feature & ~attachment
    at = np.flatnonzero(both | none)
    said = view.points["feature"].iloc[at] + " " + view.points["attachment"].iloc[at]
    severity = ["warning" if two else "error" for two in both[at]]
    yield hits("points", at, "feature", said.str.strip(), "feature | attachment", severity)


def odd_codes(view: View) -> Iterator[Hits]:
    """P05: the element code is not the one of class, subclass and feature or attachment."""
    columns = ["category", "feature", "attachment", "code"]
    asked = view.points[columns].apply(lambda values: values.str.strip())
    kinds = asked.drop_duplicates()
    wanted = {key: expected_codes(*key) for key in kinds[columns[:3]].itertuples(index=False, name=None)}
    bad = [
        bool(code) and bool(wanted[key]) and code not in wanted[key]
        for *names, code in kinds.itertuples(index=False, name=None)
        for key in [tuple(names)]
    ]
    wrong = kinds[np.array(bad, dtype=np.bool_)].assign(found=True)
    found = asked.merge(wrong, on=columns, how="left")["found"].notna().to_numpy()
    at = np.flatnonzero(found)
    expected = [wanted[key][0] for key in asked.iloc[at, :3].itertuples(index=False, name=None)]
    yield hits("points", at, "code", view.points["code"].iloc[at], expected)


def expected_codes(category: str, feature: str, attachment: str) -> tuple[str, ...]:
    """Codes that a point of these names may have, the likeliest first; none where a name is unknown."""
    words = vocabulary()
    known = words.categories.get(category)
    if known is None:
        return ()
    terms = words.classes[known.class_code]
    own = [one for one in terms.categories if one.code != one.class_code]
    numbers = [known.number] if category != known.class_code else ["00", "99", *(one.number for one in own)]
    ends = []
    for sign, role, term in (("2", "attachment", attachment), ("1", "feature", feature)):
        if term and (found := words.term(category, role, term)) is None:
            return ()
        if term and found is not None:
            ends += [f"2{sign}{sequence}" for sequence in (found.sequence, *_aliases(category, role, term))]
    return tuple(f"5{terms.class_number}{number}{end}" for end in ends for number in numbers)


def _aliases(category: str, role: str, term: str) -> list[str]:
    key = (category, role, term)
    return [
        row["sequence"]
        for row in rows_of("code_aliases")
        if (row["category"], row["role"], row["term"]) == key
    ]


def far_points(view: View) -> Iterator[Hits]:
    """P06: outside the regions of the joined table `areas`, or without them far from most points."""
    at = np.flatnonzero(view.outside)
    places = zip(*(texts(view.numbers("points", name)[at]) for name in ("x_m", "y_m")), strict=True)
    yield hits("points", at, "x_m", [f"{x} {y}" for x, y in places], "")


RULES = {
    "P01": unlike_numbers,
    "P02": repeated_numbers,
    "P03": shared_places,
    "P04": two_names_or_none,
    "P05": odd_codes,
    "P06": far_points,
}
