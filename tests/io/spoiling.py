"""Ways to spoil a copy of the bundled quarter."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from twin.errors import DatasetError
from twin.io.city import seal

Spoil = Callable[[Path], object]


class Found(NamedTuple):
    """What a finding says, without its severity."""

    rule: str
    file: str
    field: str
    ids: tuple[str, ...]
    problem: str
    remedy: str


def found(record: Mapping[str, object], city: Path) -> Found:
    """A finding of `twin check --json`; the city's own folder is written CITY."""
    texts = {key: str(record[key]).replace(str(city), "CITY") for key in ("file", "problem")}
    ids = tuple(str(name) for name in record["ids"])  # type: ignore[attr-defined]
    return Found(
        str(record["rule"]), texts["file"], str(record["field"]), ids, texts["problem"], str(record["remedy"])
    )


def edit(place: str, old: str, new: str) -> Spoil:
    """Replace a text in one file."""

    def spoil(city: Path) -> None:
        text = (city / place).read_text(encoding="utf-8")
        assert old in text
        (city / place).write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def put(place: str, column: str, value: str) -> Spoil:
    """Give every row of a table the same value in one column."""

    def spoil(city: Path) -> None:
        with (city / place).open(encoding="utf-8", newline="") as file:
            rows = [{**row, column: value} for row in csv.DictReader(file)]
        with (city / place).open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)

    return spoil


def write(place: str, content: bytes) -> Spoil:
    """Write a file."""
    return lambda city: (city / place).write_bytes(content)


def both(*spoils: Spoil) -> Spoil:
    """One after the other."""
    return lambda city: [spoil(city) for spoil in spoils]


def sealed(city: Path) -> None:
    """Seal the folder where its tables can be read at all, so that nothing but the defect is found."""
    try:
        seal(city)
    except DatasetError:
        lines = (city / "manifest.yaml").read_text(encoding="utf-8").split("tables:")[0]
        (city / "manifest.yaml").write_text(lines, encoding="utf-8")


def listing(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its content, empty folders too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"(folder)"
        for path in sorted(folder.rglob("*"))
    }


def pipe_line(length: str) -> Spoil:
    """Give the trunk main another length."""
    return edit("water/links.csv", "J-1,J-2,true,350,", f"J-1,J-2,true,{length},")


def cycle(city: Path) -> None:
    """A motor that needs the pump that needs the motor."""
    edit("dependencies.csv", "power,0.5,0,0,2,,made up\n", "power,0.5,0,0,0,,made up\n")(city)
    with (city / "dependencies.csv").open("a", encoding="utf-8") as file:
        file.write("water/pump/PU-1,power/motor/M-1,power,0.5,0,0,0,,made up\n")


def parquet(*, cut: bool) -> Spoil:
    """The depots as a Parquet file: names double, or the file cut short."""

    def spoil(city: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        (city / "depots.csv").unlink()
        path = city / "depots.parquet"
        pq.write_table(pa.table([pa.array(["a"]), pa.array(["b"])], names=["id", "id"]), path)
        if cut:
            content = path.read_bytes()
            path.write_bytes(content[: len(content) // 2] + content[-8:])

    return spoil
