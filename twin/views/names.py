"""What things are called: components, agencies and lifelines by their shown names instead of their ids."""

from __future__ import annotations

import re
from collections.abc import Sequence

from twin.lifelines import registry
from twin.lifelines.base import Declaration
from twin.model.city import FACILITY, ROAD, City
from twin.model.network import Ref
from twin.text import N_, Message, _

_LAYERS = {ROAD: N_("Roads"), FACILITY: N_("Facilities")}
_BLANK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])")
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
    """Turns an id into what people call it; texts that are no id stay as they are."""

    def __init__(self, city: City) -> None:
        self.city = city
        self._agencies = {
            str(ident): str(name)
            for ident, name in zip(city.agencies["id"], city.agencies["name"], strict=True)
        }
        self._known: dict[str, object] = {}

    def __call__(self, ident: str) -> object:
        """The name of a component, an agency, one of its crews or (inside a sentence) a lifeline."""
        if ident not in self._known:
            self._known[ident] = self._name(ident)
        return self._known[ident]

    def _name(self, ident: str) -> object:
        if ident in self.city.refs:
            return self._component(self.city.refs[ident])
        if ident in self._agencies:
            return self._agencies[ident] or ident
        agency, blank, crew = ident.rpartition(" ")
        if blank and crew.isdigit() and agency in self._agencies:
            return _("crew {number}", number=crew)
        if ident in _LAYERS or ident in registry.declarations():
            return str(self.layer(ident)).lower()
        return ident

    def _component(self, ref: Ref) -> object:
        table = self.city.layers[ref.layer].tables[ref.table]
        kind, bare = str(table["kind"][ref.row]), str(table["id"][ref.row])
        shown = str(table["name"][ref.row]) if "name" in table else ""
        called = self.kind(ref.layer, kind)
        if shown and (ref.layer in _LAYERS or str(called).lower() in shown.lower()):
            return shown
        return _("{kind} {name}", kind=called, name=shown or bare)

    def bare(self, ident: str) -> str:
        """The own name of a component without its kind."""
        ref = self.city.refs[ident]
        table = self.city.layers[ref.layer].tables[ref.table]
        shown = str(table["name"][ref.row]) if "name" in table else ""
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


def sentence_case(text: object) -> str:
    """A sentence that begins with a capital letter and has no blanks between Chinese characters."""
    shown = _BLANK.sub("", str(text))
    return shown[:1].upper() + shown[1:]
