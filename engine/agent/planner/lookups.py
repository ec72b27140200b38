"""Scripts that look something up, compute or draw; none of them touches a run."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.agent.planner import compose
from engine.agent.planner.clauses import Ask
from engine.agent.planner.context import Context
from engine.agent.planner.steps import AskBack, Script, one


def runs(ask: Ask, context: Context) -> Script:
    """List living runs."""
    return compose.runs((yield from one("list_runs", {})))


def recorded(ask: Ask, context: Context) -> Script:
    """List recorded runs."""
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
    fenced = re.search(r"```(?:python)?\s*(.+?)```", ask.text, re.DOTALL)
    source = fenced.group(1) if fenced else _spelt(ask.text) or compose.arithmetic(ask.text)
    if not source:
        raise AskBack("What should I compute? Write it out, as in **12 * (3 + 4)**, or put Python "
                      "between three backticks.")
    return compose.computed((yield from one("run_code", {"code": source})))


def _spelt(text: str) -> str:
    """Code that is written out after "python" or "code"."""
    found = re.match(r"(?is)^\W*(?:please\s+)?(?:run|execute|evaluate)\s+"
                     r"(?:this\s+|the\s+|some\s+)*(?:following\s+)?"
                     r"(?:python|code|snippet)\s*:?\s*(.+)$", text)
    return found.group(1).strip() if found and re.search(r"[()\[\]*+/]", found.group(1)) else ""


def sql(ask: Ask, context: Context) -> Script:
    """A SELECT over the metrics, as written."""
    statement = re.sub(r"(?is)^.*?\b(select|with)\b", r"\1", ask.text, count=1)
    return compose.queried((yield from one("query_metrics", {"sql": statement[:5_000]})))


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
