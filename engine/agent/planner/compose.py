"""Sentences out of results: every figure in an answer comes from a tool, none from nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.agent.house.domains import Domain, domains
from engine.agent.planner.wording import (
    cell_text,
    figure_text,
    interval_text,
    number_text,
    range_text,
    setting_text,
    source_text,
    span_text,
    unit_text,
    value_text,
)

SHOWN_FIGURES: Final = 8
SHOWN_ROWS: Final = 12
SHOWN_MOVES: Final = 3
CLOSE: Final = 0.2
"""Share of the question's words that a second passage may lack to be told as well."""


def failed(sentence: str) -> str:
    """A tool's own words."""
    text = sentence.strip()
    if "no run is yours" in text or "run is yours; start" in text:
        return ("There is no run of yours to do that with. Say **start the warehouse**, for "
                "instance.")
    return f"That did not work: {text}" + ("" if text.endswith((".", "!", "?")) else ".")


def started(data: Mapping[str, Any], settings: Mapping[str, Any], of: Domain) -> str:
    """A new run."""
    changed = ", ".join(setting_text(of, n, v) for n, v in settings.items())
    return (f"Run **{data['run']}** of the {of.title.lower()} is going ({data['label']}, seed "
            f"{data['seed']})" + (f": {changed}." if changed else "."))


def controlled(data: Mapping[str, Any], action: str) -> str:
    """After pause, resume, step, reset, stop."""
    name = f"Run **{data['run']}** ({data['engine']})"
    at = f"step {data['step']:,}"
    return {"pause": f"{name} is {data['state']} at {at}.",
            "resume": f"{name} is {data['state']} again from {at}.",
            "step": f"{name} is {data['state']} at {at}.",
            "reset": f"{name} has begun again and is {data['state']}.",
            "stop": f"{name} has ended at {at}. What it recorded is kept."}[action]


def sped(data: Mapping[str, Any], rate: float) -> str:
    """After a change of speed."""
    how = "as fast as it goes" if rate == 0 else f"at {number_text(rate)} steps a second"
    return f"Run **{data['run']}** ({data['engine']}) goes {how}."


def changed(data: Mapping[str, Any]) -> str:
    """After a change of settings."""
    if data["changed"] == "nothing":
        return f"Run **{data['run']}** had that setting already; nothing changed."
    text = f"Run **{data['run']}** ({data['engine']}): {data['changed']}."
    if data["waits_for_reset"]:
        waiting = ", ".join(data["waits_for_reset"])
        text += f" {waiting} takes effect at the next reset: say **reset it** to begin again."
    return text


def settings(data: Mapping[str, Any], *, named: bool) -> str:
    """Settings read."""
    rows = data["settings"]
    if named:
        return "\n".join(
            f"**{r['label']}** of {data['of']} is {value_text(r)}{range_text(r)}. {r['meaning']}"
            for r in rows)
    head = f"Settings of {data['of']}:\n\n| setting | value | range |\n|---|---|---|\n"
    return head + "\n".join(f"| {r['label']} | {value_text(r)} | {span_text(r)} |" for r in rows)


def figures(data: Mapping[str, Any], *, named: bool) -> str:
    """Figures read."""
    known = [f for f in data["figures"] if f["value"] is not None]
    where = f"run **{data['run']}** ({data['engine']}, step {data['step']:,}, {data['state']})"
    if not known:
        return f"There is nothing to tell yet of {where}: let it run a little."
    if named:
        return f"In {where}: " + "; ".join(figure_text(f) for f in known) + "."
    lines = "\n".join(f"- {figure_text(f)}" for f in known[:SHOWN_FIGURES])
    return f"Over its last window, {where}:\n\n{lines}"


def inspected(data: Mapping[str, Any]) -> str:
    """What the inspector says of one agent."""
    facts = data["facts"]
    head = f"**{facts.get('name', facts.get('agent'))}** in run {data['run']}"
    parts = [str(facts[k]) for k in ("tag", "why_text", "callout") if facts.get(k)]
    rows = facts.get("rows") or []
    lines = [f"- {cell_text(r)}" for r in rows[:SHOWN_ROWS]]
    events = [f"- {cell_text(e)}" for e in (facts.get("events") or [])[:4]]
    text = f"{head}: {'; '.join(parts) or 'no remark'}."
    if lines:
        text += "\n\n" + "\n".join(lines)
    if events:
        text += "\n\nLately:\n" + "\n".join(events)
    why = facts.get("why")
    if isinstance(why, Mapping) and why.get("sentence"):
        text += f"\n\n{why['sentence']}"
    return text


def waited(data: Mapping[str, Any], passes: str, value: float) -> str:
    """A condition that came true."""
    f = data["figure"]
    return (f"{f['label']} is {number_text(f['value'])}{unit_text(f['unit'])}, {passes} "
            f"{number_text(value)}, "
            f"at step {data['step']:,} of run **{data['run']}**, {data['steps_waited']:,} steps "
            "after you asked.")


def injected(data: Mapping[str, Any]) -> str:
    """What was done to a world."""
    return f"Run **{data['run']}** ({data['engine']}): {data['done']}"


def runs(data: Sequence[Mapping[str, Any]]) -> str:
    """Living runs."""
    if not data:
        return "No run is alive. Say **start the warehouse**, for instance."
    lines = "\n".join(f"- run **{r['number']}**, {r['domain']} ({r['label']}), {r['state']}, step "
                      f"{r['step']:,}{'' if r['yours'] else ', of another window'}" for r in data)
    return f"{len(data)} {'run is' if len(data) == 1 else 'runs are'} alive:\n\n{lines}"


def recorded(data: Mapping[str, Any]) -> str:
    """Recorded runs."""
    rows = data["runs"]
    if not rows:
        return "Nothing has been recorded yet."
    lines = "\n".join(f"- run **{r['run']}**, {r['engine']} ({r['label']}), {r['outcome']}, "
                      f"started {r['started']}" for r in rows[:SHOWN_ROWS])
    more = f"\n\n… and {len(rows) - SHOWN_ROWS} more on the Metrics page." \
        if len(rows) > SHOWN_ROWS else ""
    return f"The newest recorded runs:\n\n{lines}{more}"


def queried(data: Mapping[str, Any]) -> str:
    """Rows of a query."""
    rows, columns = data["rows"], data["columns"]
    if not rows:
        return "The query gives no rows."
    head = f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n"
    lines = "\n".join(f"| {' | '.join(number_text(v) for v in row)} |" for row in rows[:SHOWN_ROWS])
    more = f"\n\n… {len(rows) - SHOWN_ROWS} more rows." if len(rows) > SHOWN_ROWS else ""
    return head + lines + more


def drawn(data: Mapping[str, Any]) -> str:
    """What a chart shows."""
    lines = [f"{d['series']} of run {d['run']}: {number_text(d['low'])} to "
             f"{number_text(d['high'])}, mean "
             f"{number_text(d['mean'])}, {d['points']:,} points" for d in data["drawn"]]
    return "Here is the chart. " + "; ".join(lines) + "."


def exported(data: Mapping[str, Any], numbers: Sequence[int]) -> str:
    """Download links."""
    which = ", ".join(map(str, numbers))
    return (f"Run {which}: [figures as CSV]({data['csv']}), [as Parquet]({data['parquet']}), "
            f"[events]({data['events']}).")


def compared(data: Mapping[str, Any], a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    """A paired comparison."""
    of = domains()[data["engine"]]
    only = [n for n in {**a, **b} if a.get(n) != b.get(n)]
    first = ", ".join(setting_text(of, n, a[n]) for n in only if n in a)
    second = ", ".join(setting_text(of, n, b[n]) for n in only if n in b)
    rows = [r for r in data["figures"] if r["pairs"] and r["a"] is not None]
    sure = [r for r in rows if r["sure"]]
    shown = (sure or rows)[:SHOWN_FIGURES]
    head = (f"**{first}** against **{second}**, {data['seeds']} paired seeds of {data['steps']:,} "
            "steps, means over the second half, 95 % intervals of the difference:\n\n"
            "| figure | A | B | B − A |\n|---|---|---|---|\n")
    lines = "\n".join(
        f"| {r['label']}{unit_text(r['unit'])} | {number_text(r['a'])} | {number_text(r['b'])} | "
        f"{interval_text(r)} |" for r in shown)
    tail = (f"\n\n{len(sure)} of {len(rows)} figures differ for sure." if len(sure) else
            "\n\nNo difference is sure: every interval holds 0. More seeds would tell more.")
    return head + lines + tail


def side_by_side(data: Mapping[str, Any], a: int, b: int) -> str:
    """Two recorded runs."""
    differ = "; ".join(f"{s['name']} {s['a']} → {s['b']}"
                       for s in data["differing_settings"][:SHOWN_ROWS]) or "no setting"
    rows = [r for r in data["means"] if r["a"] is not None and r["b"] is not None]
    lines = "\n".join(f"| {r['series']} | {number_text(r['a'])} | {number_text(r['b'])} |"
                      for r in rows[:SHOWN_ROWS])
    table = f"\n\n| mean of | run {a} | run {b} |\n|---|---|---|\n{lines}" if lines else ""
    return f"Runs {a} and {b} differ in {differ}.{table}"


def known(data: Mapping[str, Any]) -> str:
    """Passages that answer."""
    hits = data["passages"]
    if not hits:
        return ("I found nothing about that in what Atrium knows. Upload a file, or ask about one "
                "of its systems.")
    best, close = hits[0], [h for h in hits[1:2] if h["words"] >= hits[0]["words"] - CLOSE]
    more = ", ".join(dict.fromkeys(source_text(h) for h in hits[1 + len(close):4]))
    text = "\n\n".join(f"{h['text']}\n\nFrom {source_text(h)}." for h in (best, *close))
    return text + (f" See also {more}." if more else "")


def found(data: Mapping[str, Any]) -> str:
    """Web results."""
    rows = data["results"]
    if not rows:
        return f"{data['provider']} found nothing."
    lines = "\n".join(f"- **{r['title']}** ({r['address']}): {r['text']}" for r in rows[:5])
    return f"{data['provider']} found:\n\n{lines}"


def computed(data: Mapping[str, Any]) -> str:
    """What code gave."""
    printed = f"\n\n```\n{data['printed'].strip()}\n```" if data.get("printed") else ""
    value = data["value"]
    if value is None:
        return "It ran." + printed
    return f"The result is **{number_text(value)}**.{printed}"


def pictured(data: Mapping[str, Any]) -> str:
    """A picture."""
    return str(data.get("note") or "Here is the picture.")


def page_link(engine: str | None, tokens: Sequence[str]) -> str:
    """A link within the app."""
    if engine:
        return f"Here it is: [{domains()[engine].title}](/{engine})."
    for page in ("metrics",):
        if page in tokens:
            return f"Here it is: [{page.title()}](/{page})."
    return "Which page: " + ", ".join(f"[{d.title}](/{d.name})" for d in domains().values()) \
        + " or [Metrics](/metrics)?"


def played(data: Mapping[str, Any]) -> str:
    """A move on the board."""
    return f"Played in run **{data['run']}** (go): {data['done']}."


def viewed(data: Mapping[str, Any]) -> str:
    """What the Go engine thinks."""
    if data.get("result"):
        return f"The game is over: {data['result']}."
    rows, position = data["candidates"], data["position"]
    if not rows or position is None:
        return "The engine has not thought about this position yet: let the run go on a little."
    asked = data.get("asked")
    head = (f"{data['to_play']} is to make move {data['number'] + 1}. Black wins with "
            f"{100 * position['win']:.1f} %, expected lead {_lead(position['score'])}, after "
            f"{data['visits']:,} simulations.")
    if asked:
        best = rows[0]
        head += (f" {asked['move']} is its first choice." if best["move"] == asked["move"] else
                 f" {asked['move']} costs {asked['lost']:.1f} points against {best['move']}.")
    lines = "\n".join(f"- **{r['move']}**: {r['visits']:,} visits, then {' '.join(r['line'][1:])}"
                      for r in rows[:SHOWN_MOVES])
    return f"{head}\n\n{lines}"


def _lead(points: float) -> str:
    return "even" if abs(points) < 0.05 else f"{'B' if points > 0 else 'W'}+{abs(points):.1f}"
