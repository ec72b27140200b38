"""Sentences out of results: every figure in an answer comes from a tool, none from nowhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.agent.house.domains import Domain, domains
from engine.params import Knob, knobs

CANNOT: Final = (
    "I cannot do that here. I start, steer, inspect and compare the systems of this house, read "
    "and chart what was measured, search what Atrium knows, compute and draw. Ask **what can you "
    "do?** for examples.")
NOT_DONE: Final = ("I read a “not” in that, so nothing was changed. Say plainly what should "
                   "happen.")
SHOWN_FIGURES: Final = 8
SHOWN_ROWS: Final = 12


def ranges(of: Domain) -> dict[str, Knob]:
    """Knobs of a system by name, in order of declaration."""
    return {k.name: k for k in knobs(of.params)}


def check_ranges(of: Domain, settings: Mapping[str, Any], error: type[Exception]) -> None:
    """Ask back about a value that the setting cannot take, before anything is called."""
    known = ranges(of)
    for name, value in settings.items():
        k = known[name]
        if k.kind in ("int", "float") and isinstance(value, int | float) \
                and k.low is not None and k.high is not None and not k.low <= value <= k.high:
            raise error(f"{k.label} goes from {_number(k.low)} to {_number(k.high)}"
                        f"{_unit(k.unit)}, and {_number(value)} is outside. Which value instead?")


def failed(sentence: str) -> str:
    """A tool's own words."""
    text = sentence.strip()
    if "no run is yours" in text or "run is yours; start" in text:
        return ("There is no run of yours to do that with. Say **start the warehouse**, for "
                "instance.")
    return f"That did not work: {text}" + ("" if text.endswith((".", "!", "?")) else ".")


def started(data: Mapping[str, Any], settings: Mapping[str, Any], of: Domain) -> str:
    """A new run."""
    changed = ", ".join(_setting(of, n, v) for n, v in settings.items())
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
    how = "as fast as it goes" if rate == 0 else f"at {_number(rate)} steps a second"
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
            f"**{r['label']}** of {data['of']} is {_value(r)}{_range(r)}. {r['meaning']}"
            for r in rows)
    head = f"Settings of {data['of']}:\n\n| setting | value | range |\n|---|---|---|\n"
    return head + "\n".join(f"| {r['label']} | {_value(r)} | {_span(r)} |" for r in rows)


def figures(data: Mapping[str, Any], *, named: bool) -> str:
    """Figures read."""
    known = [f for f in data["figures"] if f["value"] is not None]
    where = f"run **{data['run']}** ({data['engine']}, step {data['step']:,}, {data['state']})"
    if not known:
        return f"There is nothing to tell yet of {where}: let it run a little."
    if named:
        return f"In {where}: " + "; ".join(_figure(f) for f in known) + "."
    lines = "\n".join(f"- {_figure(f)}" for f in known[:SHOWN_FIGURES])
    return f"Over its last window, {where}:\n\n{lines}"


def inspected(data: Mapping[str, Any]) -> str:
    """What the inspector says of one agent."""
    facts = data["facts"]
    head = f"**{facts.get('name', facts.get('agent'))}** in run {data['run']}"
    parts = [str(facts[k]) for k in ("tag", "why_text", "callout") if facts.get(k)]
    rows = facts.get("rows") or []
    lines = [f"- {_cell(r)}" for r in rows[:SHOWN_ROWS]]
    events = [f"- {_cell(e)}" for e in (facts.get("events") or [])[:4]]
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
    return (f"{f['label']} is {_number(f['value'])}{_unit(f['unit'])}, {passes} {_number(value)}, "
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
    lines = "\n".join(f"| {' | '.join(_number(v) for v in row)} |" for row in rows[:SHOWN_ROWS])
    more = f"\n\n… {len(rows) - SHOWN_ROWS} more rows." if len(rows) > SHOWN_ROWS else ""
    return head + lines + more


def drawn(data: Mapping[str, Any]) -> str:
    """What a chart shows."""
    lines = [f"{d['series']} of run {d['run']}: {_number(d['low'])} to {_number(d['high'])}, mean "
             f"{_number(d['mean'])}, {d['points']:,} points" for d in data["drawn"]]
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
    first = ", ".join(_setting(of, n, a[n]) for n in only if n in a)
    second = ", ".join(_setting(of, n, b[n]) for n in only if n in b)
    rows = [r for r in data["figures"] if r["pairs"] and r["a"] is not None]
    sure = [r for r in rows if r["sure"]]
    shown = (sure or rows)[:SHOWN_FIGURES]
    head = (f"**{first}** against **{second}**, {data['seeds']} paired seeds of {data['steps']:,} "
            "steps, means over the second half, 95 % intervals of the difference:\n\n"
            "| figure | A | B | B − A |\n|---|---|---|---|\n")
    lines = "\n".join(
        f"| {r['label']}{_unit(r['unit'])} | {_number(r['a'])} | {_number(r['b'])} | "
        f"{_interval(r)} |" for r in shown)
    tail = (f"\n\n{len(sure)} of {len(rows)} figures differ for sure." if len(sure) else
            "\n\nNo difference is sure: every interval holds 0. More seeds would tell more.")
    return head + lines + tail


def side_by_side(data: Mapping[str, Any], a: int, b: int) -> str:
    """Two recorded runs."""
    differ = "; ".join(f"{s['name']} {s['a']} → {s['b']}"
                       for s in data["differing_settings"][:SHOWN_ROWS]) or "no setting"
    rows = [r for r in data["means"] if r["a"] is not None and r["b"] is not None]
    lines = "\n".join(f"| {r['series']} | {_number(r['a'])} | {_number(r['b'])} |"
                      for r in rows[:SHOWN_ROWS])
    table = f"\n\n| mean of | run {a} | run {b} |\n|---|---|---|\n{lines}" if lines else ""
    return f"Runs {a} and {b} differ in {differ}.{table}"


def known(data: Mapping[str, Any]) -> str:
    """Passages that answer."""
    hits = data["passages"]
    if not hits:
        return ("I found nothing about that in what Atrium knows. Upload a file, or ask about one "
                "of its systems.")
    best = hits[0]
    more = ", ".join(dict.fromkeys(_source(h) for h in hits[1:4]))
    text = f"{best['text']}\n\nFrom {_source(best)}."
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
    return f"The result is **{_number(value)}**.{printed}"


def pictured(data: Mapping[str, Any]) -> str:
    """A picture."""
    return str(data.get("note") or "Here is the picture.")


def arithmetic(text: str) -> str:
    """Arithmetic in a sentence as an expression, or "" when there is none."""
    said = text.lower().replace("×", "*").replace("·", "*").replace("−", "-").replace("÷", "/")
    for words, sign in ((r"\bdivided by\b|\bover\b", "/"), (r"\bmultiplied by\b|\btimes\b", "*"),
                        (r"\bplus\b", "+"), (r"\bminus\b", "-"),
                        (r"\bto the power of\b|\^", "**"),
                        (r"(?:\bpercent|%)\s+of\b", "/ 100 *")):
        said = re.sub(words, f" {sign} ", said)
    said = re.sub(r"(?<=\d),(?=\d{3}\b)", "", said)
    root = re.search(r"square root of\s+([\d.]+)", said)
    if root:
        return f"{root.group(1)} ** 0.5"
    for word, function in (("mean", "sum(v) / len(v)"), ("average", "sum(v) / len(v)"),
                           ("sum", "sum(v)"), ("median", "stats(v)['median']"),
                           ("deviation", "stats(v)['sd']")):
        numbers = re.findall(r"-?\d+(?:\.\d+)?", said)
        if word in said and len(numbers) >= 2:
            return f"v = [{', '.join(numbers)}]\n{function}"
    found = re.findall(r"[-+(]?[\d(][\d.\s()+*/-]*[\d)]", said)
    best = max((f.strip() for f in found), key=len, default="")
    if not re.search(r"\d\s*[-+*/]", best) or best.count("(") != best.count(")"):
        return ""
    return best


def page_link(engine: str | None, tokens: Sequence[str]) -> str:
    """A link within the app."""
    if engine:
        return f"Here it is: [{domains()[engine].title}](/{engine})."
    for page in ("metrics",):
        if page in tokens:
            return f"Here it is: [{page.title()}](/{page})."
    return "Which page: " + ", ".join(f"[{d.title}](/{d.name})" for d in domains().values()) \
        + " or [Metrics](/metrics)?"


def which_setting(of: Domain, named: Sequence[str]) -> str:
    """A setting without a value, or a value without a setting."""
    known = ranges(of)
    if named:
        k = known[named[0]]
        what = f"from {_number(k.low)} to {_number(k.high)}{_unit(k.unit)}" \
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


def _figure(f: Mapping[str, Any]) -> str:
    return f"{f['label']} {_number(f['value'])}{_unit(f['unit'])}"


def _setting(of: Domain, name: str, value: Any) -> str:
    k = ranges(of).get(name)
    if k is None:
        return f"{name} {value}"
    return f"{k.label} {_plain(value)}{_unit(k.unit)}"


def _value(row: Mapping[str, Any]) -> str:
    return f"{_plain(row['value'])}{_unit(row['unit'])}"


def _range(row: Mapping[str, Any]) -> str:
    span = _span(row)
    return f" ({span})" if span else ""


def _span(row: Mapping[str, Any]) -> str:
    if row.get("choices"):
        return " · ".join(row["choices"])
    if row.get("low") is None:
        return ""
    return f"{_number(row['low'])} to {_number(row['high'])}"


def _interval(row: Mapping[str, Any]) -> str:
    change = row["b"] - row["a"]
    if row["low"] is None:
        return f"{change:+.4g}"
    return f"{change:+.4g} ({row['low']:+.4g} to {row['high']:+.4g})"


def _source(hit: Mapping[str, Any]) -> str:
    return f"*{hit['source']}*" + (f", {hit['heading']}" if hit.get("heading") else "")


def _cell(row: Any) -> str:
    if isinstance(row, Mapping):
        return ": ".join(str(v) for v in row.values() if v not in (None, ""))
    if isinstance(row, list | tuple):
        return ": ".join(str(v) for v in row if v not in (None, ""))
    return str(row)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return _number(value) if isinstance(value, int | float) else str(value)


def _number(value: Any) -> str:
    """A figure as people read it: up to four digits, thousands apart."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return str(value)
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""
