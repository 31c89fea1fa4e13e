"""How one asks: load a city, run a scenario, read what happened and why."""

from twin.api.building import build_census
from twin.api.census import export_census, read_census
from twin.api.cities import (
    CITIES,
    City,
    check,
    city_folder,
    from_wntr,
    list_cities,
    load_city,
    save_city,
    solve,
)
from twin.api.masking import mask_city
from twin.api.repairs import repair_census, undo_repairs
from twin.api.runs import (
    RUNS,
    SCENARIOS,
    Run,
    check_scenario,
    list_scenarios,
    open_run,
    read_scenario,
    run,
    scenario_file,
    versions,
)
from twin.api.surveys import check_survey
from twin.api.synthesis import synth
from twin.api.updating import update_city

__all__ = [
    "CITIES",
    "RUNS",
    "SCENARIOS",
    "City",
    "Run",
    "build_census",
    "check",
    "check_scenario",
    "check_survey",
    "city_folder",
    "export_census",
    "from_wntr",
    "list_cities",
    "list_scenarios",
    "load_city",
    "mask_city",
    "open_run",
    "read_census",
    "read_scenario",
    "repair_census",
    "run",
    "save_city",
    "scenario_file",
    "solve",
    "synth",
    "undo_repairs",
    "update_city",
    "versions",
]
