"""The sections of an EPANET file that say how it is run: options and times."""

from __future__ import annotations

from twin.lifelines.water.epanet.draft import Draft, short
from twin.lifelines.water.epanet.lines import Line, hours, number
from twin.lifelines.water.units import PER_CFS, US, default_pressure_units, file_units
from twin.text import _

LAWS = {"H-W": "HW", "D-W": "DW", "C-M": "CM"}
PRESSURES = {"PSI": "PSI", "KPA": "KPA", "MET": "METERS", "BAR": "BAR", "FEET": "FEET"}
LEAST_PRESSURE_RANGE = 0.1
"""Smallest distance of required and minimum pressure, in psi or m (EPANET 2.3)."""
VISCOSITY_FT2S = 1.1e-5
FOOT2_M2 = 0.3048**2
DAY_S = 86_400.0
KEPT = (
    "QUAL",
    "UNBA",
    "MAP",
    "DIFF",
    "TOLER",
    "TRIAL",
    "ACCU",
    "HEADERROR",
    "FLOWCHANGE",
    "CHECKFREQ",
    "MAXCHECK",
    "DAMPLIMIT",
    "HTOL",
    "QTOL",
    "RQTOL",
    "SEGM",
    "VERI",
)
"""Options of EPANET's own solver or of water quality: kept for export."""
STEPS = {
    "HYDR": "hydraulic_step_s",
    "RULE": "rule_step_s",
    "DURA": "duration_s",
}


def read_options(draft: Draft) -> None:
    """The options that change the hydraulics; the rest is kept for export, the unknown reported."""
    options = draft.options
    options |= {"flow_units": "GPM", "headloss": "HW", "p_min_m": 0.0, "p_required_m": 0.0}
    pressure = ""
    for line in draft.section("OPTIONS"):
        if line.has(0, "PRES") and not line.has(1, "EXP"):
            pressure = _choice(draft, line, 1, PRESSURES) or pressure
        elif not _set_option(draft, line):
            if any(line.has(0, word) for word in KEPT):
                draft.keep([line])
            else:
                problem = _("{name} is no known option: left out", name=" ".join(line.tokens))
                draft.warn(line, "unknown-option", problem, _("remove the line"))
    flow = options["flow_units"]
    options["pressure_units"] = pressure or default_pressure_units(flow)
    draft.units = file_units(flow, options["pressure_units"], options.get("specific_gravity", 1.0))
    required = max(options["p_required_m"], options["p_min_m"] + LEAST_PRESSURE_RANGE)
    options["p_required_m"] = required * draft.units.pressure
    options["p_min_m"] *= draft.units.pressure
    _viscosity(draft)


def _viscosity(draft: Draft) -> None:
    """Above 1e-3 a viscosity is a factor on that of water, else a value in ft2/s or m2/s."""
    given = draft.options.pop("viscosity", 1.0)
    if given > 1e-3:
        given *= VISCOSITY_FT2S * FOOT2_M2
    elif draft.options["flow_units"] in US:
        given *= FOOT2_M2
    draft.options["viscosity_m2s"] = given


def _set_option(draft: Draft, line: Line) -> bool:
    """Take over one option; False where it is none of those that change the hydraulics."""
    if line.has(0, "UNIT"):
        _set_choice(draft, line, 1, "flow_units", {name: name for name in PER_CFS} | {"SI": "LPS"})
    elif line.has(0, "HEADL"):
        _set_choice(draft, line, 1, "headloss", LAWS)
    elif line.has(0, "PATT"):
        draft.options["default_pattern"] = line.tokens[1] if len(line.tokens) > 1 else "1"
    elif line.has(0, "HYDR"):
        problem = _("stored hydraulics are not used: left out")
        draft.warn(line, "stored-hydraulics", problem, _("remove the line"))
    elif line.has(0, "DEMAND") and line.has(1, "MODEL"):
        _set_choice(draft, line, 2, "demand_model", {"DDA": "dda", "PDA": "pda"})
    elif line.has(0, "BACK"):
        draft.options["emitter_backflow"] = not line.has(2, "NO")
    else:
        return _set_number(draft, line)
    return True


_NUMBERS = {
    "DEMAND": (2, "demand_multiplier"),
    "EMIT": (2, "emitter_exponent"),
    "SPEC": (2, "specific_gravity"),
    "VISC": (1, "viscosity"),
    "MINI": (2, "p_min_m"),
    "REQ": (2, "p_required_m"),
    "PRES": (2, "p_exponent"),
}


def _set_number(draft: Draft, line: Line) -> bool:
    for word, (place, name) in _NUMBERS.items():
        if line.has(0, word):
            if place < len(line.tokens):
                draft.options[name] = draft.value(line, place, draft.options.get(name, 1.0), least=0.0)
            return True
    return False


def _set_choice(draft: Draft, line: Line, place: int, name: str, choices: dict[str, str]) -> None:
    if found := _choice(draft, line, place, choices):
        draft.options[name] = found


def _choice(draft: Draft, line: Line, place: int, choices: dict[str, str]) -> str:
    """The choice a token begins with (longest first), "" and a finding where there is none."""
    if place >= len(line.tokens):
        return ""
    for word in sorted(choices, key=len, reverse=True):
        if line.has(place, word):
            return choices[word]
    problem = _("{given} is none of {choices}", given=line.tokens[place], choices=", ".join(choices))
    draft.error(line, "bad-option", problem, _("correct the option"))
    return ""


def read_times(draft: Draft) -> None:
    """Steps, start of the patterns and time of day at time zero, in whole seconds as EPANET keeps them."""
    given: dict[str, float] = {}
    for line in draft.section("TIMES"):
        if line.has(0, "STAT") or line.has(0, "QUAL") or line.has(0, "MINI"):
            draft.keep([line])
            continue
        if short(draft, line, 2):
            continue
        if (seconds := _seconds(draft, line)) is None:
            continue
        if line.has(0, "STAR"):
            draft.clock_s = seconds % DAY_S
        elif line.has(0, "REPO") and line.has(1, "STAR"):
            draft.keep([line])
        elif name := _step(line):
            given[name] = seconds
        else:
            problem = _("{name} is no known time: left out", name=" ".join(line.tokens))
            draft.warn(line, "unknown-time", problem, _("remove the line"))
    draft.options |= _adjusted(given)


def _step(line: Line) -> str:
    if line.has(0, "PATT") or line.has(0, "REPO"):
        thing = "pattern" if line.has(0, "PATT") else "report"
        return f"{thing}_start_s" if line.has(1, "STAR") else f"{thing}_step_s" if line.has(1, "TIME") else ""
    return next((name for word, name in STEPS.items() if line.has(0, word)), "")


def _seconds(draft: Draft, line: Line) -> float | None:
    last = line.tokens[-1]
    found = number(last)
    if found is None:
        found = hours(last)
    if found is None:
        found = hours(line.tokens[-2], last)
    if found is None or found < 0:
        problem = _("{given} is no time", given=" ".join(line.tokens[1:]))
        draft.error(line, "bad-time", problem, _("write h:mm or hours"))
        return None
    return float(int(3600.0 * found + 0.5))


def _adjusted(given: dict[str, float]) -> dict[str, float]:
    """Steps after EPANET's rules: an hour where none is given, none longer than it may be."""
    pattern = given.get("pattern_step_s", 3600.0) or 3600.0
    report = given.get("report_step_s", 3600.0) or pattern
    hydraulic = min(given.get("hydraulic_step_s", 3600.0) or 3600.0, pattern, report)
    rule = min(given.get("rule_step_s", 0.0) or hydraulic // 10, hydraulic)
    return {
        "duration_s": given.get("duration_s", 0.0),
        "hydraulic_step_s": hydraulic,
        "pattern_step_s": pattern,
        "pattern_start_s": given.get("pattern_start_s", 0.0),
        "report_step_s": report,
        "rule_step_s": max(rule, 1.0),
    }
