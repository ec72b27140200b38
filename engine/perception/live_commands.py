"""What can be asked of a drive while it goes on, one function a command.

Each raises an error with a sentence and leaves the drive as it was, or does its work and returns a
sentence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from engine.errors import InvalidInput
from engine.live.commands import Arguments, Command, integer, only, switch
from engine.perception.cameras import VIEWS

if TYPE_CHECKING:
    from engine.perception.simulation import PerceptionSimulation


def _new_drive(sim: PerceptionSimulation, given: Arguments) -> str:
    only(given)
    sim.next_drive("asked for")
    return f"Drive {sim.drive_number} begins"


def _camera(sim: PerceptionSimulation, given: Arguments) -> str:
    only(given, "view", "on")
    return sim.switch_camera(_view(given), switch(given, "on", False))


def _set_model(sim: PerceptionSimulation, given: Arguments) -> str:
    only(given, "name")
    return sim.use_model(str(given.get("name", "")))


def _take_over(sim: PerceptionSimulation, given: Arguments) -> str:
    only(given, "on")
    return sim.take_over(switch(given, "on"))


def _wheel(sim: PerceptionSimulation, given: Arguments) -> str:
    only(given, "steer", "throttle", "brake")
    if not sim.wheel.taken:
        raise InvalidInput("the car drives itself; take over first")
    sim.wheel.steer = _within(given, "steer", -1.0)
    sim.wheel.throttle = _within(given, "throttle", 0.0)
    sim.wheel.brake = _within(given, "brake", 0.0)
    sim.wheel.heard = sim.step_count
    return "Steering"


def _explain(sim: PerceptionSimulation, given: Arguments) -> str:
    only(given, "view", "box", "step")
    view = _view(given)
    box = given.get("box")
    if isinstance(box, bool) or not isinstance(box, int) or box < 0:
        raise InvalidInput(f"box is {box!r}; it must be the number of a box in that view, 0 or "
                           "more")
    return sim.explain(view, box, integer(given, "step", sim.step_count))


def _keep(sim: PerceptionSimulation, given: Arguments) -> str:
    only(given)
    return sim.keep()


def _look(sim: PerceptionSimulation, given: Arguments) -> str:
    only(given)
    return "explained" if sim.explainer.heat else "nothing new"


def _forget(sim: PerceptionSimulation, given: Arguments) -> str:
    only(given)
    sim.forget_explanation()
    return "The explanation is put away"


COMMANDS: Final[Mapping[str, Command[PerceptionSimulation]]] = {
    "new_drive": Command(_new_drive, "End this drive and begin the next in another town."),
    "camera": Command(_camera, f"Switch a camera off or on: view ({', '.join(VIEWS)}), on."),
    "set_model": Command(_set_model, "Choose the network to see with: name."),
    "take_over": Command(_take_over, "Take the wheel, or give it back: on (true or false)."),
    "wheel": Command(_wheel, "Drive by hand: steer (−1 right to 1 left), throttle and brake "
                             "(0 to 1); held until the next word."),
    "explain": Command(_explain, "Why a box was found: view, box (its number in the view), step "
                                 "of the picture (else the newest)."),
    "keep": Command(_keep, "Keep the last moments of all cameras for the data engine."),
    "look": Command(_look, "Show what was worked out beside a drive that rests."),
    "forget": Command(_forget, "Put the explanation away."),
}


def _view(given: Arguments) -> int:
    """Index of the camera that is meant."""
    view = given.get("view")
    if view not in VIEWS:
        raise InvalidInput(f"there is no camera {str(view)[:40]!r}; choose from {', '.join(VIEWS)}")
    return VIEWS.index(view)


def _within(given: Arguments, name: str, low: float) -> float:
    value = given.get(name, 0.0)
    if (isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)
            or not low <= value <= 1.0):
        raise InvalidInput(f"{name} is {value!r}; it must be between {low:g} and 1")
    return float(value)
