"""What a person at the wheel says: steer, brake, take over, next drive, why that box."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from engine.agent.planner.cameras import is_switched, views_in
from engine.agent.planner.quantities import single

Deed = tuple[str, dict[str, Any]]

HARD: Final = 1.0
USUAL: Final = 0.5
LITTLE: Final = 0.2
_TAKE: Final = re.compile(
    r"\b(?:take|want|get|have|need) (?:over\b|(?:back )?(?:the )?(?:wheel|control|steering)\b)"
    r"|^hand over (?:the )?(?:wheel|control)\b"
    r"|\b(?:give|hand) me (?:the )?(?:wheel|control|car|steering)\b"
    r"|\b(?:i'll|i will|let me|i want to|i'd like to|i) (?:drive|steer)\b"
    r"|\bmanual(?:ly)?\b(?! says)|\bhands on\b"
    r"|\b(?:turn|switch) off (?:the )?(?:self-driving|autopilot|autonomy)\b"
    r"|\b(?:autopilot|self-driving|autonomy) off\b|\bdrive (?:it )?(?:myself|by hand)\b")
_GIVE: Final = re.compile(
    r"\b(?:give|hand) (?:the )?(?:wheel |control |car )?(?:it )?back\b"
    r"|\b(?:give|hand) back (?:the )?(?:wheel|control|car)\b"
    r"|\bhave (?:it|the (?:wheel|car)|control) back\b"
    r"|\brelease (?:the )?(?:wheel|control)\b|\blet go of the wheel\b"
    r"|\b(?:turn|switch) (?:on (?:the )?|the |)(?:self-driving|autopilot|autonomy)"
    r"(?: back)?(?: on)?\b(?! off)|\b(?:autopilot|self-driving) (?:back )?on\b"
    r"|\b(?:switch to |back to |go )?automatic\b|\bhands off\b"
    r"|\blet (?:it|the (?:car|planner|computer|network)) drive\b"
    r"|\byou (?:can )?drive (?:again|now|on)\b|\bdrive on (?:by )?yourself\b|\bdrive yourself\b"
    r"|\bback to autopilot\b|^you drive\b"
    r"|\b(?:done|enough|finished|tired) (?:of |with )?(?:driving|steering)\b")
_NEXT: Final = re.compile(
    r"^(?:the )?next drive\b|\b(?:another|different|new|next) (?:town|drive)\b"
    r"|\bskip (?:this|the) drive\b|\bout of this town\b|\b(?:end|finish) this drive\b")
_KEPT: Final = re.compile(
    r"\b(?:keep|save|store|record)\b.*\b(?:clip|moments?|recording|data engine|footage)\b"
    r"|\b(?:keep|save|store) (?:the )?(?:last|past) .*\b(?:seconds|cameras|frames)\b")
_STEER: Final = re.compile(
    r"^(?:(?:please|now|just|turn|steer|pull|swerve|wheel|go) )*"
    r"(?:(?:turn|steer|pull|swerve|wheel)(?: the wheel)?(?: (?P<slight>a (?:bit|little)|slightly))?"
    r"(?: by)?(?: (?P<by>[\d.]+))?(?: to the)? (?P<side>left|right)\b"
    r"(?P<after> a (?:bit|little)| slightly)?"
    r"|keep straight|straight ahead|straight on|drive straight)")
_BRAKE: Final = re.compile(
    r"^(?:(?:please|now|just) )*(?:brake|(?:hit|slam|step on|use)(?: on)? the brakes?)\b")
_GAS: Final = re.compile(
    r"^(?:(?:please|now|just) )*(?:accelerate|throttle|(?:full|half) throttle|give it (?:some )?gas"
    r"|(?:hit|step on) the gas|step on it)\b")
_BOX: Final = re.compile(r"\b(?:box|detection|object|car|find)(?: number| no)? (\d{1,4})\b")


def drive_deed(tokens: Sequence[str]) -> Deed | None:
    """The command of a drive that a clause asks for, with its arguments; None for none of these.

    A camera is left to `cameras`, which may have to ask which.
    """
    said = " ".join(t for t in tokens if t not in (",", ".", "!", "?", "please"))
    if _KEPT.search(said):
        return "keep", {}
    if is_switched(tokens):
        return "camera", {}
    views, box = views_in(tokens), _BOX.search(said)
    if box and {"why", "explain", "reason", "what"} & set(tokens):
        where = {"view": views[0], "box": int(box.group(1))} if views else {}
        return "explain", where
    if _GIVE.search(said):
        return "take_over", {"on": False}
    if _NEXT.search(said):
        return "new_drive", {}
    if found := _STEER.search(said):
        return "wheel", {"steer": _steered(found)}
    if _BRAKE.search(said):
        return "wheel", {"brake": _pressed(tokens)}
    if _GAS.search(said):
        return "wheel", {"throttle": _pressed(tokens)}
    if _TAKE.search(said):
        return "take_over", {"on": True}
    return None


def _steered(found: re.Match[str]) -> float:
    """Minus one to the right, one to the left."""
    if not found.group("side"):
        return 0.0
    by = float(found.group("by") or (LITTLE if found.group("slight") or found.group("after")
               else USUAL))
    return by if found.group("side") == "left" else -by


def _pressed(tokens: Sequence[str]) -> float:
    """How far a pedal goes."""
    if {"hard", "full", "slam", "fully", "emergency"} & set(tokens):
        return HARD
    if {"bit", "little", "gently", "slightly", "softly"} & set(tokens):
        return LITTLE
    numbers = [n for n in map(single, tokens) if n is not None and 0 < n <= 1]
    return numbers[0] if numbers else USUAL
