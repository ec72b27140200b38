"""Every recorded run: choose some, overlay their series, compare their parameters, export."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

import streamlit as st

from engine.errors import EngineError, InvalidInput, StoreError
from engine.store import Run, Store, open_store
from pages.metrics_charts import EVENT_LIMIT, RUN_LIMIT, View, draw_charts, unit_of
from pages.metrics_tables import parameter_table, provenance_table, run_table, title_of

# newest runs in the table; an address may still choose an older one
LISTED: Final = 500
# what is drawn before anybody chooses, by domain; else the first four names
FIRST_SERIES: Final = {
    "warehouse": ("throughput.tasks_per_h", "order.release_to_done_s", "waiting.total_percent",
                  "battery.mean_percent"),
}


def _chosen(store: Store, runs: list[Run]) -> list[Run]:
    """Runs that the address asks for, in its order; else the newest one.

    One that is older than the table reaches is added to `runs`.
    """
    asked = st.query_params.get("runs", "")
    words = [w for w in asked.split(",") if w.isascii() and w.isdigit() and len(w) < 19]
    known = {run.id: run for run in runs}
    missing = []
    for number in dict.fromkeys(int(w) for w in words):
        if number not in known:
            try:
                known[number] = store.run(number)
            except InvalidInput:
                missing.append(number)
            else:
                runs.append(known[number])
    if missing:
        st.info(f"Run {', '.join(map(str, missing))} is not here; it may have been deleted.",
                icon=":material/info:")
    if not asked:
        return runs[:1]
    return [known[n] for n in dict.fromkeys(int(w) for w in words) if n in known]


def _choose(store: Store, runs: list[Run]) -> list[Run]:
    """The table of runs, and the runs ticked in it."""
    chosen = _chosen(store, runs)
    domains = list(dict.fromkeys(run.domain for run in runs))
    listed = runs
    if len(domains) > 1:
        domain = st.segmented_control("Domain", domains, key="metrics.domain",
                                      label_visibility="collapsed",
                                      format_func=str.capitalize)
        listed = [run for run in runs if domain in (None, run.domain)]
    ticked = run_table(listed, [run.id for run in chosen])
    known = {run.id: run for run in runs}
    hidden = [run.id for run in chosen if run not in listed]
    numbers = hidden + ticked
    st.query_params["runs"] = ",".join(map(str, numbers))
    return [known[n] for n in sorted(numbers)]


def _controls(store: Store, runs: list[Run]) -> View | None:
    """What to draw of the chosen runs, and how."""
    names = store.series_names([run.id for run in runs])
    if not names:
        if any(run.outcome == "running" for run in runs):
            _await_points(store, [run.id for run in runs])
        else:
            st.info("Nothing was recorded in these runs.", icon=":material/info:")
        return None
    wanted = FIRST_SERIES.get(runs[0].domain, ())
    first = [name for name in wanted if name in names] or names[:4]
    before = st.session_state.get("metrics.series", first)
    kept = [name for name in before if name in names]
    # an emptied choice stays empty; one that these runs do not have starts anew
    st.session_state["metrics.series"] = first if before and not kept else kept
    chosen = st.multiselect("Series", names, key="metrics.series",
                            placeholder="Choose series to draw")
    with st.container(horizontal=True, vertical_alignment="bottom", key="metrics-how"):
        layout = st.segmented_control(
            "Layout", ["Small multiples", "Overlay"], default="Small multiples", required=True,
            key="metrics.layout")
        timed = all(run.step_s is not None for run in runs)
        axis = st.segmented_control(
            "Horizontal axis", ["Step", "Simulated time"], default="Step", required=True,
            key="metrics.axis", disabled=not timed,
            help=None if timed else "One of these runs does not know how long a step is.")
        lo = st.number_input("From step", value=None, step=1.0, format="%g", key="metrics.lo",
                             placeholder="start", width=130)
        hi = st.number_input("To step", value=None, step=1.0, format="%g", key="metrics.hi",
                             placeholder="end", width=130)
        kinds = sorted({e.kind for run in runs for e in store.events(run.id, limit=EVENT_LIMIT)})
        marks = st.pills("Event marks", kinds, selection_mode="multi", default=kinds,
                         key=f"metrics.kinds.{'.'.join(kinds)}") if kinds else []
    if lo is not None and hi is not None and lo > hi:
        st.error(f"From step {lo:g} to step {hi:g} is no range; give the lower step first.",
                 icon=":material/error:")
        return None
    return View(tuple(runs), tuple(chosen), layout == "Overlay",
                axis == "Simulated time" and timed, lo, hi, tuple(marks))


@st.fragment(run_every=1.0)
def _await_points(store: Store, numbers: list[int]) -> None:
    """Say that a live run has just begun, until it has something to draw."""
    if store.series_names(numbers):
        st.rerun()
    st.info("The first points are on their way.", icon=":material/hourglass_top:")


def _export_row(view: View) -> None:
    """Links that stream exactly what is chosen."""
    query: dict[str, str] = {"runs": ",".join(str(run.id) for run in view.runs)}
    if view.lo is not None:
        query["lo"] = f"{view.lo:.17g}"
    if view.hi is not None:
        query["hi"] = f"{view.hi:.17g}"
    events = urlencode(query)
    metrics = urlencode({**query, "series": ",".join(view.names)})
    everything = urlencode(query)
    with st.container(horizontal=True, vertical_alignment="center", key="export", border=True):
        st.markdown("**Export**", width="content")
        st.link_button("CSV", f"/export/metrics.csv?{metrics}", icon=":material/download:",
                       help="Every point of the chosen series, runs and steps.")
        st.link_button("Parquet", f"/export/metrics.parquet?{metrics}",
                       icon=":material/download:",
                       help="The same as Parquet, a fifth of the size.")
        st.link_button("Events", f"/export/events.csv?{events}", icon=":material/download:",
                       help="Events of the chosen runs and steps as CSV.")
        st.link_button("All series", f"/export/metrics.csv?{everything}",
                       icon=":material/download:",
                       help="Every series of the chosen runs and steps as CSV.")
        st.space("stretch")
        st.button("Delete…", icon=":material/delete:", key="metrics.delete",
                  on_click=_deleting, args=(True,))


def _deleting(asked: bool) -> None:
    st.session_state["metrics.deleting"] = asked


@st.dialog("Delete recordings?", on_dismiss=lambda: _deleting(False))
def _confirm_delete(store: Store, runs: list[Run]) -> None:
    """Say what would go; a running run has to be stopped first."""
    running = [run for run in runs if run.outcome == "running"]
    ended = [run for run in runs if run.outcome != "running"]
    if running:
        st.warning(f"Still running, and kept: {', '.join(title_of(run) for run in running)}. A "
                   "run ends when it is reset, or soon after its last window has closed.",
                   icon=":material/warning:")
    if not ended:
        return
    points = sum(store.summary(run.id, name).n for run in ended
                 for name in store.series_names([run.id]))
    st.markdown(f"**{', '.join(title_of(run) for run in ended)}** with {points:,} points and all "
                "events will be removed from the database. This cannot be undone.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep", key="metrics.keep"):
            _deleting(False)
            st.rerun()
        many = f"{len(ended)} runs" if len(ended) > 1 else "1 run"
        if st.button(f"Delete {many}", key="metrics.confirm", type="primary"):
            try:
                store.delete_runs([run.id for run in ended])
            except EngineError as error:
                st.error(str(error), icon=":material/error:")
                return
            _deleting(False)
            st.session_state["metrics.done"] = f"Deleted {many}."
            st.query_params.pop("runs", None)
            st.rerun()


@st.fragment(run_every=1.0)
def _empty(store: Store) -> None:
    """An invitation, until there is something to show."""
    if store.runs(limit=1):
        st.rerun()
    with st.container(border=True, horizontal_alignment="center", key="metrics-empty"):
        st.space("medium")
        st.markdown("**Nothing has been recorded yet.**", width="content")
        st.markdown("Open a system and let it run: every run is kept here with its parameters, "
                    "seed and code version.", width="content")
        st.page_link("warehouse.py", label="Open the warehouse", icon=":material/warehouse:",
                     width="content")
        st.space("medium")


def _body(store: Store) -> None:
    """Everything below the title."""
    health = store.health()
    if health.state == "failing":
        st.warning(f"{health.message} {health.queued:,} points wait in memory.",
                   icon=":material/database_off:")
    done = st.session_state.pop("metrics.done", "")
    if done:
        st.toast(done, icon=":material/check:")
    runs = store.runs(limit=LISTED)
    if not runs:
        _empty(store)
        return
    chosen = _choose(store, runs)
    if not chosen:
        st.info("Tick runs in the table to draw and compare them.", icon=":material/touch_app:")
        return
    if len(chosen) > RUN_LIMIT:
        st.info(f"{len(chosen)} runs are chosen; the first {RUN_LIMIT} are drawn, all are "
                "compared and exported.", icon=":material/info:")
    view = _controls(store, chosen)
    if view is not None and not view.names:
        st.info("Choose at least one series.", icon=":material/touch_app:")
    elif view is not None:
        units = {unit_of(name) for name in view.names}
        if view.overlay and len(units) > 1:
            st.caption(f"These series have different units ({', '.join(sorted(units))}); small "
                       "multiples give each its own axis.")
        draw_charts(store, view)
        _export_row(view)
    with st.container(key="metrics-compare"):
        parameter_table(store, chosen)
        provenance_table(chosen)
    if st.session_state.get("metrics.deleting"):
        _confirm_delete(store, chosen)


def page() -> None:
    """Draw the page."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="metrics-head"):
        st.title("Metrics", anchor=False, width="content")
        st.caption("Every run with its series, events, parameters, seed and code version.")
    try:
        _body(open_store())
    except StoreError as error:
        st.error(str(error), icon=":material/database_off:")
        st.button("Try again", icon=":material/refresh:", key="metrics.retry")


page()
