"""What things are called: components, agencies and lifelines by their shown names instead of their ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from twin.lifelines import registry
from twin.lifelines.base import Declaration
from twin.model.city import FACILITY, ROAD, City
from twin.model.network import Ref
from twin.text import N_, Message, _, language

Wording = Mapping[str, Mapping[str, str]]
_LAYERS = {ROAD: N_("Roads"), FACILITY: N_("Facilities")}
_BLANK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_FACILITY_KINDS = {
    "hospital": N_("hospital"),
    "school": N_("school"),
    "command": N_("command post"),
    "shelter": N_("shelter"),
    "factory": N_("factory"),
    "housing": N_("housing"),
    "fire_station": N_("fire station"),
    "police": N_("police station"),
}


class Names:
    """Turns an id into what people call it, and what the script says into the language in use.

    Names and sentences that come with a bundled city or scenario are in the catalogue; others stay as they
    are. `wording` is the summary's: texts of the script by language and by their English spelling.
    """

    def __init__(self, city: City, wording: Wording | None = None) -> None:
        self.city, self._wording = city, wording or {}
        self._agencies = {
            str(ident): str(name)
            for ident, name in zip(city.agencies["id"], city.agencies["name"], strict=True)
        }
        self._known: dict[str, object] = {}

    def __call__(self, ident: str) -> object:
        """The name of a component, an agency, one of its crews or (inside a sentence) a lifeline."""
        if said := self._wording.get(language(), {}).get(ident):
            return said
        if ident not in self._known:
            self._known[ident] = self._name(ident)
        return self._known[ident]

    def _name(self, ident: str) -> object:
        if ident in self.city.refs:
            return self._component(self.city.refs[ident])
        if ident in self._agencies:
            return _readable(self._agencies[ident], ident)
        agency, blank, crew = ident.rpartition(" ")
        if blank and crew.isdigit() and agency in self._agencies:
            return _("crew {number}", number=crew)
        if ident in _LAYERS or ident in registry.declarations():
            return str(self.layer(ident)).lower()
        return str(Message(ident))

    def _component(self, ref: Ref) -> object:
        table = self.city.layers[ref.layer].tables[ref.table]
        kind, bare = str(table["kind"][ref.row]), str(table["id"][ref.row])
        shown = str(Message(str(table["name"][ref.row]))) if "name" in table else ""
        called = self.kind(ref.layer, kind)
        if shown and (ref.layer in _LAYERS or str(called).lower() in shown.lower()):
            return shown
        return _("{kind} {name}", kind=called, name=shown or bare)

    def bare(self, ident: str) -> str:
        """The own name of a component without its kind."""
        ref = self.city.refs[ident]
        table = self.city.layers[ref.layer].tables[ref.table]
        shown = str(Message(str(table["name"][ref.row]))) if "name" in table else ""
        return shown or str(table["id"][ref.row])

    def several(self, idents: Sequence[str], most: int = 4) -> str:
        """Components in a row; the kind is said once where they share it."""
        first = sentence_case(self(idents[0]))
        kinds = {ident.rsplit("/", 1)[0] for ident in idents}
        others = idents[1:most]
        named = [self.bare(ident) if len(kinds) == 1 else str(self(ident)) for ident in others]
        told = ", ".join([first, *named])
        return (
            str(_("{names} and {count} more", names=told, count=len(idents) - most))
            if len(idents) > most
            else told
        )

    def kind(self, layer: str, kind: str) -> object:
        """What a kind of component is called."""
        if layer == FACILITY:
            return Message(_FACILITY_KINDS[kind]) if kind in _FACILITY_KINDS else kind
        found = declared(layer)
        return Message(found.kinds[kind].label) if found and kind in found.kinds else kind

    def layer(self, layer: str) -> object:
        """What a lifeline, the roads or the facilities are called."""
        if layer in _LAYERS:
            return Message(_LAYERS[layer])
        found = declared(layer)
        return Message(found.label) if found else layer


def declared(layer: str) -> Declaration | None:
    """The declaration of a lifeline, None for a layer that has none."""
    return registry.declarations().get(layer)


def _readable(name: str, ident: str) -> str:
    """Of an agency's name and its id the one that a reader of the language in use can read."""
    chinese = [each for each in (name, ident) if _HAN.search(each)]
    if language() == "zh" or not chinese:
        return chinese[0] if chinese else str(Message(name or ident))
    return next((each for each in (name, ident) if each and each not in chinese), name or ident)


def spoken(wording: Wording | None = None) -> Callable[[str], object]:
    """For the terminal: ids stay as they are; lifelines and the script speak the language in use."""
    said = (wording or {}).get(language(), {})

    def name(text: str) -> object:
        if found := declared(text):
            return str(Message(found.label)).lower()
        if text in said:
            return said[text]
        agency, blank, number = text.rpartition(" ")
        if blank and number.isdigit():
            return f"{Message(agency)} {number}"
        return str(Message(text))

    return name


def tight(text: object) -> str:
    """A text without the blanks that placeholders leave between Chinese characters."""
    return _BLANK.sub("", str(text))


def sentence_case(text: object) -> str:
    """A sentence that begins with a capital letter and has no blanks between Chinese characters."""
    shown = tight(text)
    return shown[:1].upper() + shown[1:]
