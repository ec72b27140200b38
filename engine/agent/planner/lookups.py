"""Scripts that look something up, compute or draw; none of them touches a run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from engine.agent.house.domains import domains
from engine.agent.planner import compose, written
from engine.agent.planner.clauses import Ask
from engine.agent.planner.context import Context, figures_in
from engine.agent.planner.steps import AskBack, Script, one

LEAST: Final = ("lowest", "least", "smallest", "shortest", "fewest", "minimum", "worst", "slowest",
                "ascending", "bottom")
MOST: Final = ("highest", "most", "largest", "longest", "best", "biggest", "maximum", "fastest",
               "descending", "greatest", "top")


def runs(ask: Ask, context: Context) -> Script:
    """List living runs."""
    return compose.runs((yield from one("list_runs", {})))


def recorded(ask: Ask, context: Context) -> Script:
    """List recorded runs, the living ones too where both are asked for, or count them."""
    if ask.says("and", "also") and ask.says("ones") and ask.says("runs"):
        said = compose.runs((yield from one("list_runs", {})))
        return said + "\n\n" + compose.recorded((yield from one("list_recorded", {})))
    if ask.says("count", "many", "number") and ask.says("by", "per", "each"):
        statement = "SELECT domain, count(*) AS runs FROM run GROUP BY domain ORDER BY runs DESC"
        return compose.queried((yield from one("query_metrics", {"sql": statement})))
    return compose.recorded((yield from one("list_recorded", {})))


def compare_runs(ask: Ask, context: Context) -> Script:
    """Two recorded runs."""
    numbers = list(ask.reading.runs)
    if len(numbers) < 2:
        raise AskBack("Which two runs? Say their numbers, as in **compare run 3 with run 5**.")
    data = yield from one("compare_recorded", {"a": numbers[0], "b": numbers[1]})
    return compose.side_by_side(data, numbers[0], numbers[1])


def knowledge(ask: Ask, context: Context) -> Script:
    """Search what the app knows."""
    return compose.known((yield from one("knowledge_search", {"question": ask.text[:1000]})))


def web(ask: Ask, context: Context) -> Script:
    """Search the web."""
    query = re.sub(r"(?i)^\W*(please\s+)?(web search|search|google|look up|find)\s+"
                   r"((the|on the)\s+)?(web|internet|online)?\s*(for|about)?\s*", "", ask.text)
    return compose.found((yield from one("web_search", {"query": query or ask.text})))


def code(ask: Ask, context: Context) -> Script:
    """Compute."""
    source = written.python(ask.text) or written.arithmetic(ask.text)
    if not source:
        raise AskBack("What should I compute? Write it out, as in **12 * (3 + 4)**, or put Python "
                      "between three backticks.")
    return compose.computed((yield from one("run_code", {"code": source})))


def sql(ask: Ask, context: Context) -> Script:
    """A SELECT over the metrics, as written."""
    statement = written.query(ask.text)[:5_000]
    return compose.queried((yield from one("query_metrics", {"sql": statement})))


def ranked(ask: Ask, context: Context) -> Script:
    """Recorded runs by the mean of a figure, or the mean over all of them."""
    figures = figures_in(ask, context.engine_of(ask)) or figures_in(ask, None)
    if not figures:
        return (yield from recorded(ask, context))
    of = domains()[figures[0].engine]
    figure = next(f for f in of.figures if f.name == figures[0].name)
    named = f"FROM series JOIN run USING (run) WHERE series.name = '{figure.series}'"
    order = "ASC" if ask.says(*LEAST) else "DESC"
    statement = (f"SELECT avg(mean) AS mean, count(*) AS runs {named}" if _over_all(ask) else
                 f"SELECT run, label, mean {named} ORDER BY mean {order} LIMIT 12")
    return compose.queried((yield from one("query_metrics", {"sql": statement})))


def _over_all(ask: Ask) -> bool:
    """An average over the runs, rather than the runs in order."""
    return ask.says("average", "mean", "overall") and not ask.says(
        *LEAST, *MOST, "rank", "order", "sort", "which", "list", "each", "top")


def image(ask: Ask, context: Context) -> Script:
    """Draw a picture."""
    data = yield from one("generate_image", {"prompt": ask.text[:800]})
    return compose.pictured(data)


def open_page(ask: Ask, context: Context) -> Script:
    """A link to a page."""
    yield from ()
    return compose.page_link(context.engine_of(ask), ask.reading.tokens)


def say(text: Callable[[], str]) -> Callable[[Ask, Context], Script]:
    """Answer without a call."""
    def script(ask: Ask, context: Context) -> Script:
        yield from ()
        return text()
    return script
