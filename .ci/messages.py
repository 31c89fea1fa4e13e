#!/usr/bin/env python3
"""The catalogues of translated sentences: extracts what the code says, updates each .po, compiles it.

Run it as `make messages`. A new or changed sentence comes out with an empty translation, or with a guess
marked `fuzzy`, which is not shown before a person has mended it and removed the mark. What the code no
longer says is dropped. The files are sorted by sentence and name neither places nor dates: they only change
with the words.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from hatch_build import catalogues, compile_catalogues  # noqa: E402 (needs the root on the path)

METHODS = [("**.py", "python"), ("views/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "N_": None, "plural": (1, 2)}
"""Functions of `twin.text` whose literal arguments are sentences; `_` serves the report's template too."""


def extracted(root: Path = ROOT) -> Catalog:
    """Every sentence of the package: of its code, and of the data that ship with it."""
    result = Catalog(charset="utf-8")
    for _file, _line, message, _comments, _context in extract_from_dir(
        root / "twin", METHODS, keywords=KEYWORDS
    ):
        result.add(message)
    for text in bundled(root / "twin"):
        if re.search("[A-Za-z]{2}", text) and not re.search("[\u4e00-\u9fff]", text):
            result.add(text)
    return result


def bundled(package: Path) -> Iterator[str]:
    """What data of the package say: names of cities, texts of scenarios, sources of constants, schemas."""
    yaml = YAML(typ="safe", pure=True)
    for path in package.glob("networks/*/manifest.yaml"):
        manifest = yaml.load(path)
        yield from (manifest["title"], *manifest.get("assumed", ()))
    for path in package.glob("networks/*/agencies.csv"):
        yield from cells(path, "id")
    for path in package.glob("networks/*/**/*.csv"):
        yield from cells(path, "name", "zone")
    for path in package.glob("scenarios/drills/*.yaml"):
        for row in yaml.load(path).get("script") or ():
            yield from ([row["tell"]["text"]] if "tell" in row else ())
            yield from (each["shows"] for each in row.get("expect", ()) if "shows" in each)
    for path in (package / "response" / "times.yaml", package / "drills" / "targets.yaml"):
        yield from (row["source"] for row in yaml.load(path))
    for path in (*package.glob("model/schema/**/*.csv"), *package.glob("lifelines/*/schema/*.csv")):
        yield from cells(path, "description")


def cells(path: Path, *columns: str) -> Iterator[str]:
    """What stands in those columns of a CSV file, where it has them."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield from (row[column] for column in columns if row.get(column))


def updated(source: Path, template: Catalog) -> str:
    """The text of the catalogue `source` brought up to what the code says; its head stays as it is."""
    text = source.read_text(encoding="utf-8")
    head = text.partition("\n\n")[0]
    catalogue = read_po(io.BytesIO(text.encode()), locale=source.parts[-3])
    catalogue.update(template, update_creation_date=False)
    for message in catalogue:
        message.flags -= {"python-format", "python-brace-format"}
    body = io.BytesIO()
    write_po(body, catalogue, width=0, omit_header=True, ignore_obsolete=True, sort_output=True)
    return f"{head}\n\n{body.getvalue().decode().strip()}\n"


def main() -> None:
    """Update and compile every catalogue, and say what remains to be translated."""
    template = extracted()
    for source in catalogues(ROOT):
        source.write_text(updated(source, template), encoding="utf-8", newline="\n")
        with source.open("rb") as file:
            catalogue = read_po(file)
        missing = sum(1 for message in catalogue if message.id and not all(message.string or ("",)))
        fuzzy = sum(1 for message in catalogue if message.id and message.fuzzy)
        name = source.relative_to(ROOT).as_posix()
        print(f"{name}: {len(catalogue)} sentences, {missing} without translation, {fuzzy} fuzzy")  # noqa: T201
    compile_catalogues(ROOT)


if __name__ == "__main__":
    main()
