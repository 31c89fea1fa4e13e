"""Where defects are planted: free sites, rows changed, added and left out, and what was planted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.random import Generator

from twin.synthesis.defects import words
from twin.synthesis.defects.view import SIDES, View, among
from twin.synthesis.survey_tables import TABLES, Draft, Mask, Rows

LAID = ("ZM", "GM", "GK")
PLAIN = ("JS", "PS", "RQ", "RL", "DL", "TX")
Label = tuple[str, str, str]
"""Rule, table and id."""
_OWN_TO_A_POINT = ("attachment", "cover_size", "cover_material", "cover_type", "defect", "note")


class Garden:
    """A survey in which defects are planted, far enough from each other to be told apart.

    Attributes
    ----------
    draft
        The survey that is changed; `view` shows it as it was before.
    free
        Rows of `points` and `lines` that no defect has touched.
    labels
        What was planted.
    """

    def __init__(self, draft: Draft, view: View, spoiled: Iterable[tuple[str, Rows]], rng: Generator) -> None:
        self.draft = draft
        self.view = view
        self.rng = rng
        self.free = {table: np.ones(len(draft.table(table)["id"]), dtype=np.bool_) for table in TABLES}
        for table, rows in spoiled:
            self.free[table][rows] = False
        self.labels: list[Label] = []
        self._added: dict[str, list[tuple[int, dict[str, Any]]]] = {table: [] for table in TABLES}
        self._removed: dict[str, list[int]] = {table: [] for table in TABLES}
        self._names = set(draft.points["id"])
        self._line_names = set(draft.lines["id"])
        self._number = len(self._names)
        side, line = np.nonzero(view.end_row >= 0)
        at = view.end_row[side, line]
        order = np.argsort(at, kind="stable")
        self._lines = line[order]
        self._first = np.searchsorted(at[order], np.arange(len(view.point_no) + 1))

    def lines_at(self, point: int) -> Rows:
        """The lines that name a point."""
        return self._lines[self._first[point] : self._first[point + 1]]

    def points_near(self, points: Iterable[int]) -> set[int]:
        """These points and their neighbours."""
        found: set[int] = set()
        for point in points:
            found.add(int(point))
            rows = self.view.end_row[:, self.lines_at(int(point))].ravel()
            found.update(int(row) for row in rows if row >= 0)
        return found

    def rows(self, table: str, mask: Mask, count: int) -> Iterator[int]:
        """Free rows among the candidates, whose cells are all that will be changed."""
        chosen = self.rng.permutation(np.flatnonzero(mask & self.free[table]))[:count]
        self.free[table][chosen] = False
        yield from (int(row) for row in chosen)

    def places(self, table: str, mask: Mask, count: int) -> Iterator[int]:
        """Free rows among the candidates whose neighbourhood is free too, which is then taken."""
        found = 0
        for row in self.rng.permutation(np.flatnonzero(mask & self.free[table])):
            if found >= count:
                return
            if self.take(table, int(row)):
                found += 1
                yield int(row)

    def take(self, table: str, row: int) -> bool:
        """Take a row and its neighbourhood, if all of it is free."""
        own = [row] if table == "points" else [int(end) for end in self.view.end_row[:, row] if end >= 0]
        points = np.array(sorted(self.points_near(own)), dtype=np.intp)
        lines = np.concatenate([self.lines_at(int(point)) for point in points])
        if not (self.free["points"][points].all() and self.free["lines"][lines].all()):
            return False
        self.free["points"][points] = False
        self.free["lines"][lines] = False
        return True

    def label(self, rule: str, table: str, name: str) -> None:
        """Write down what was planted."""
        self.labels.append((rule, table, name))

    def change(self, table: str, row: int, **values: Any) -> None:
        """Give cells of a row other values."""
        for name, value in values.items():
            self.draft.table(table)[name][row] = value

    def rename(self, point: int, feature: str) -> None:
        """Give a point another feature and the element code that belongs to it."""
        code = words.element_code(self.draft.points["category"][point], "feature", feature)
        self.change("points", point, feature=feature, code=code)

    def write(self, table: str, row: int, column: str, text: str) -> None:
        """Put a text into a number cell."""
        self.draft.table(table)[column][row] = np.nan
        self.draft.cells[table, row, column] = text

    def remove(self, table: str, row: int) -> None:
        """Leave out a row."""
        self._removed[table].append(row)

    def new_name(self, like: str) -> str:
        """An unused point number with the prefix of another one."""
        prefix = like.rstrip("0123456789")
        while True:
            self._number += 1
            name = f"{prefix}{self._number}"
            if name not in self._names:
                self._names.add(name)
                return name

    def add_point(self, source: int, **changes: Any) -> str:
        """A copy of a point under a new number, unless `id` is among the changes."""
        name = str(changes.setdefault("id", self.new_name(str(self.draft.points["id"][source]))))
        changes.setdefault("map_no", name)
        self._added["points"].append((source, changes))
        return name

    def add_plain_point(self, source: int, feature: str, attachment: str = "", **changes: Any) -> str:
        """A new point like another one, but with nothing but a feature (or an attachment)."""
        category = changes.get("category", self.draft.points["category"][source])
        role, term = ("attachment", attachment) if attachment else ("feature", feature)
        code = words.element_code(category, role, term)
        blank: dict[str, Any] = dict.fromkeys(_OWN_TO_A_POINT, "")
        blank |= {"well_depth_m": np.nan, "height_m": np.nan, "feature": feature, "code": code}
        blank["attachment"] = attachment
        return self.add_point(source, **(blank | changes))

    def add_line(self, source: int, start: str, end: str, **changes: Any) -> str:
        """A copy of a line between other points, without length, mileage and direction."""
        blank = {"length_m": np.nan, "start_mileage_m": np.nan, "end_mileage_m": np.nan, "flow_dir": ""}
        name = f"{start}-{end}"
        while name in self._line_names:
            name += "a"
        self._line_names.add(name)
        self._added["lines"].append((source, {**blank, "start": start, "end": end, "id": name, **changes}))
        return name

    def stub(
        self, point: int, line: int, way: tuple[float, float], end_depth: float, chamber: bool = False
    ) -> tuple[str, str]:
        """A short new line like `line` from one of its ends to a new point; names of point and line.

        The new point is a stub end, or a `chamber`, whose depth is better known.
        """
        points, lines = self.draft.points, self.draft.lines
        side = SIDES[0 if self.view.end_row[0, line] == point else 1]
        ground = points["ground_m"][point]
        name = self.add_plain_point(
            point,
            "" if chamber else "预留口",
            words.CHAMBERS[str(self.view.line_class[line])] if chamber else "",
            category=str(lines["category"][line]),
            x_m=round(points["x_m"][point] + way[0], 3),
            y_m=round(points["y_m"][point] + way[1], 3),
        )
        depth = lines[f"{side}_depth_m"][line]
        elevations = depths(depth, end_depth, ground, ground)
        return name, self.add_line(line, str(points["id"][point]), name, **elevations)

    def finish(self) -> tuple[Draft, dict[str, Rows]]:
        """The survey with all changes, and the row that each of its rows had before (-1: added)."""
        origin = {}
        for table, added in self._added.items():
            columns = self.draft.table(table)
            rows = len(columns["id"])
            sources = np.array([source for source, _ in added], dtype=np.intp)
            for name in columns:
                new = columns[name][sources]
                for place, (_, changes) in enumerate(added):
                    if name in changes:
                        new[place] = changes[name]
                columns[name] = np.concatenate([columns[name], new])
            keep = np.ones(rows + len(added), dtype=np.bool_)
            keep[self._removed[table]] = False
            origin[table] = np.concatenate([np.arange(rows), np.full(len(added), -1)])[keep].astype(np.intp)
            self.draft.keep(table, keep)
        return self.draft, origin

    def is_laid(self) -> Mask:
        """Ordinary buried lines in use, of a class with a lifeline, whose geometry can be used."""
        view = self.view
        plain = among(view.line_class, PLAIN) & among(view.lines["embed"], LAID)
        plain &= among(view.lines["status"], ("", "0"))
        return np.asarray(plain & view.usable & view.trusted.all(axis=0))

    def is_plain(self) -> Mask:
        """Points without attachment at which two lines meet and nothing else happens."""
        view = self.view
        joint = view.bare & among(view.points["feature"], words.PLAIN_FEATURES) & (view.degree == 2)
        return np.asarray(joint & among(view.point_class, PLAIN) & self._all_laid())

    def is_site(self) -> Mask:
        """Points with an attachment that is no pole, where ordinary lines meet."""
        from twin.synthesis.defects.present_joints import is_pole

        view = self.view
        found = ~view.bare & (view.points["feature"] == "") & ~is_pole(view) & (view.degree > 0)
        return np.asarray(found & among(view.point_class, PLAIN) & self._all_laid())

    def _all_laid(self) -> Mask:
        """Points of which all lines are ordinary ones."""
        found = np.ones(len(self.view.bare), dtype=np.bool_)
        rows = self.view.end_row[:, ~self.is_laid()]
        found[rows[rows >= 0]] = False
        return found


def depths(start: float, end: float, start_ground: float, end_ground: float) -> dict[str, float]:
    """Depths and the elevations that go with them."""
    start, end = round(float(start), 2), round(float(end), 2)
    return {
        "start_depth_m": start,
        "end_depth_m": end,
        "start_z_m": round(float(start_ground) - start, 3),
        "end_z_m": round(float(end_ground) - end, 3),
    }
