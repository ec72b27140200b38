"""Questions back, and what is said where nothing is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.agent.house.domains import Domain
from engine.agent.planner.wording import number_text, ranges, unit_text

CANNOT: Final = (
    "I cannot do that here. I start, steer, inspect and compare the systems of this house, read "
    "and chart what was measured, search what Atrium knows, compute and draw. Ask **what can you "
    "do?** for examples.")
NOT_DONE: Final = ("I read a “not” in that, so nothing was changed. Say plainly what should "
                   "happen.")

WHAT_OFF: Final = ("What should be switched off? Say **end the run** if you mean the run itself; "
                   "nothing was changed.")
WHICH_ONE: Final = ("Which one do you mean? Name it with its new value, and it will be done; "
                    "nothing was changed.")
HEARSAY: Final = ("That reads like something said or written elsewhere, so nothing was changed. "
                  "If you want it done, say it plainly.")
SUPPOSED: Final = ("That reads like a question about what would happen, so nothing was changed. "
                   "Say it as an order to see it happen, or ask me to compare two settings.")


def unknown_thing(word: str) -> str:
    """A word stands in an order that means nothing here."""
    return (f"I am not sure what “{word}” means here, so nothing was changed. I start, steer and "
            "inspect the systems of this house; say it in other words if you meant one of them.")


def check_ranges(of: Domain, settings: Mapping[str, Any], error: type[Exception]) -> None:
    """Ask back about a value that the setting cannot take, before anything is called."""
    known = ranges(of)
    for name, value in settings.items():
        k = known[name]
        if k.kind in ("int", "float") and isinstance(value, int | float) \
                and k.low is not None and k.high is not None and not k.low <= value <= k.high:
            raise error(f"{k.label} goes from {number_text(k.low)} to {number_text(k.high)}"
                        f"{unit_text(k.unit)}, and {number_text(value)} is outside. "
                        "Which value instead?")


def which_setting(of: Domain, named: Sequence[str]) -> str:
    """A setting without a value, or a value without a setting."""
    known = ranges(of)
    if named:
        k = known[named[0]]
        what = f"from {number_text(k.low)} to {number_text(k.high)}{unit_text(k.unit)}" \
            if k.low is not None and k.high is not None else "one of " + ", ".join(
                k.choices or ("on", "off"))
        return f"Which value should {k.label} have: {what}?"
    some = ", ".join(k.label for k in list(known.values())[:6])
    return f"Which setting of the {of.title.lower()} do you mean? There is {some} and more."


def which_figure(of: Domain) -> str:
    """No figure was named."""
    some = ", ".join(f.label for f in of.figures[:6])
    return f"Which figure of the {of.title.lower()} do you mean? There is {some} and more."


def which_command(of: Domain) -> str:
    """No known command."""
    some = ", ".join(c.replace("_", " ") for c in of.commands)
    return f"What should happen in the {of.title.lower()}? I can do: {some}."


def what_to_compare(of: Domain) -> str:
    """Arms that were not understood."""
    example = {"dispatch": "compare nearest with optimal batch",
               "warehouse": "compare 500 with 800 robots"}.get(of.name, "")
    return ("What should I compare? Name two values of one setting"
            + (f", as in **{example}**." if example else "."))


def help_text() -> str:
    """What can be asked."""
    return ("I am the offline planner: I match words to tools, I am not a language model. Some "
            "things to ask:\n\n"
            "- **start the warehouse with 800 robots and tell me when p95 passes two minutes**\n"
            "- **why did robot 17 wait?** · **what is the throughput?**\n"
            "- **set the order rate to 9,000** · **double the drivers** · **pause it**\n"
            "- **compare nearest with batch at 2,000 drivers**\n"
            "- **chart the waits** · **export it as csv** · **which runs are recorded?**\n"
            "- **break a robot** · **let it rain for 20 minutes**\n"
            "- **what is PIBT?** · **what is 17 * 23?**")


def not_running(title: str) -> str:
    """A change of a system that does not run, where others do."""
    return (f"That is a thing of the {title.lower()}, which does not run here. Shall I start it, "
            "or did you mean another system?")


def hello() -> str:
    """A greeting."""
    return "Hello. Ask me to start, steer, explain or compare one of the systems."


def welcome() -> str:
    """After thanks."""
    return "You are welcome."


def did_you_mean(options: Sequence[str]) -> str:
    """Doubt, put to the person."""
    return "I am not sure what you mean. Did you mean to " + " or to ".join(
        f"**{o}**" for o in options) + "? Say it in other words, and nothing happens until you do."
