"""The scene in a window: layers by check-boxes and keys, what is clicked on, plan and perspective."""

from __future__ import annotations

from functools import partial
from typing import Any

from twin.model.city import City
from twin.text import _
from twin.views import svg
from twin.views.scene import overlay, rendering
from twin.views.scene.picking import found_at, told
from twin.views.scene.stage import Stage
from twin.views.scene.wish import Wish

PLAN_KEY = "m"


def show(city: City, wish: Wish) -> None:
    """Open a window and return when it is closed.

    Raises
    ------
    RenderingError
        Where there is no display to open it on.
    """
    if not rendering.display():
        raise rendering.RenderingError(
            _("there is no display to open a window on; write a picture with --screenshot FILE.png")
        )
    stage = Stage(city, wish, off_screen=False)
    Desk(stage)
    stage.plotter.show(title=f"twin · {city.name}")


class Desk:
    """Connects mouse and keys to a stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.card: list[Any] = []
        self.boxes: dict[str, Any] = {}
        plotter = stage.plotter
        for number, (name, place) in enumerate(stage.swatches.items(), start=1):
            layer = stage.layers[name]
            self.boxes[name] = plotter.add_checkbox_button_widget(
                partial(stage.switch, name), value=True, position=place, size=14, border_size=1,
                color_on=layer.colour, color_off="#ffffff", background_color="#8d9297",
            )  # fmt: skip
            plotter.add_key_event(f"F{number}", partial(self.toggle, name))
        plotter.add_key_event(PLAN_KEY, self.turn_over)
        plotter.track_click_position(self.clicked, side="left", viewport=True)
        plotter.iren.add_observer("EndInteractionEvent", lambda *_event: stage.furnish())

    def toggle(self, name: str) -> None:
        """Switch a layer."""
        shown = not self.stage.layers[name].visible
        self.boxes[name].GetRepresentation().SetState(int(shown))
        self.stage.switch(name, shown)

    def turn_over(self) -> None:
        """Change between plan and perspective."""
        self.stage.plan(not self.stage.flat)

    def clicked(self, place: tuple[float, float]) -> None:
        """Show what is known of the component that was clicked on."""
        stage = self.stage
        for actor in self.card:
            stage.plotter.remove_actor(actor, reset_camera=False, render=False)
        found = found_at(stage, *place)
        self.card = [] if found is None else card(stage.glass, told(stage, found[1]), found[0].colour)
        stage.plotter.render()


def card(glass: overlay.Glass, content: str, colour: str) -> list[Any]:
    """A panel at the upper left with lines of text."""
    lines = content.splitlines()
    wide = 36 + max(svg.width_of(line, 12) for line in lines)
    tall = 20 + 17 * len(lines)
    corner = (0.0, 1.0)
    drawn = [
        glass.box(corner, 16, -16 - tall, wide, tall, overlay.PAPER, 0.93),
        glass.box(corner, 16, -16 - tall, 5, tall, colour),
    ]
    for number, line in enumerate(lines):
        tone = overlay.INK if number == 0 else overlay.SOFT
        drawn.append(glass.text(corner, 34, -16 - 24 - 17 * number, line, 13 if number == 0 else 11, tone))
    return drawn
