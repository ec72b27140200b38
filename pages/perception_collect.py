"""Collecting: simulated vehicles drive, triggers fire, clips arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from engine.live import RUNS, Run
from engine.perception import fleet_runs
from engine.perception.clips import ClipStore
from engine.perception.collect import CollectParams
from engine.perception.triggers import TRIGGERS
from pages.common.components import cards
from pages.common.training import follow
from pages.perception_fleet import chooser, figure_card, progress

EVERY_S: Final = 3.0
FIRINGS: Final = 12
ARRIVED: Final = 6
MEGABYTE: Final = 2.0**20
SHARES: Final = {"precision": "Precision", "recall": "Recall", "f1": "F1"}


def collecting(drive: Run) -> None:
    """Start a collection, or look at one.

    Args:
        drive: The page's own run, which is kept alive meanwhile.
    """
    run = chooser("collect", "Start a collection", CollectParams,
                  "Vehicles drive in towns of their own and keep what their triggers catch.",
                  networks={"production": "Production", "candidate": "Candidate"})
    if run is None:
        st.info("No fleet has collected yet. **Start a collection** sends out simulated vehicles: "
                "half are driven by the network, half by a human, some with a camera fault. What "
                "their triggers catch is kept as clips with labels, within the quota, and what "
                "they should have caught is known, so that the triggers are measured as well.",
                icon=":material/video_library:")
        return
    st.fragment(_live, run_every=EVERY_S)(run.name, drive.token)


def _live(name: str, drive: str) -> None:
    RUNS.find(drive)  # asking for it renews its lease
    run = fleet_runs.look(name)
    follow("perception.collect", run)
    progress(run, "vehicles")
    facts = run.facts
    if not facts.get("vehicles"):
        st.caption("The first vehicle is on its way; starting takes some seconds.")
        return
    cards(_items(facts), key="perception-collect-cards")
    left, right = st.columns([1, 1])
    with left, st.container(border=True, key="perception-collect-triggers"):
        st.markdown("**Triggers** :gray[measured on these vehicles]")
        st.dataframe(_quality(facts), hide_index=True, height="content",
                     column_config={n: st.column_config.TextColumn(alignment="right")
                                    for n in SHARES.values()}, key="perception.collect.quality")
    with right, st.container(border=True, key="perception-collect-fired"):
        st.markdown("**Fired lately** :gray[newest first]")
        st.dataframe(_fired(fleet_runs.rows(name)), hide_index=True, height="content",
                     key="perception.collect.fired")
    _arrived(ClipStore())


def _items(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    together = facts.get("together") or {}
    return [
        figure_card("Vehicles", facts.get("vehicles"), digits=0, note=f"of {facts['of']:,}",
                    help="Drives so far."),
        figure_card("Clips kept", facts.get("kept"), digits=0,
                    note=f"{facts.get('clips', 0):,} in the store",
                    help="By this collection; the least valuable leave when the quota is full."),
        figure_card("Store", facts.get("bytes", 0) / MEGABYTE, unit="MB", digits=1,
                    note=f"of {facts.get('quota', 0) / MEGABYTE:,.0f}",
                    help="What all clips take."),
        figure_card("Mean F1", facts.get("mean_f1"), help="Mean over the triggers whose events "
                    "occurred, by events."),
        figure_card("Precision", together.get("precision"), note="all triggers",
                    help="Share of the firings that met something to catch."),
        figure_card("Recall", together.get("recall"), note="all triggers",
                    help="Share of what was to be caught that was."),
    ]


def _quality(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"Trigger": TRIGGERS[name].label, "To catch": q["events"], "Caught": q["caught"],
             "Fired": q["fired"], **{label: "–" if q[key] is None else f"{q[key]:.2f}"
                                     for key, label in SHARES.items()}}
            for name, q in facts.get("triggers", {}).items() if name in TRIGGERS]


def _fired(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for row in reversed(rows):
        for fired in reversed(row.get("fired", [])):
            out.append({"Vehicle": row["number"], "Scenario": row["scenario"],
                        "At, s": fired["time_s"],
                        "Trigger": TRIGGERS[fired["trigger"]].label
                        if fired["trigger"] in TRIGGERS else fired["trigger"],
                        "What": fired["why"], "Fault": row.get("fault") or ""})
            if len(out) == FIRINGS:
                return out
    return out


def _arrived(store: ClipStore) -> None:
    """The newest clips; the Clips tab has them all."""
    newest = store.newest(ARRIVED)
    if not newest:
        return
    with st.container(border=True, key="perception-collect-clips"):
        st.markdown("**Clips arriving** :gray[newest first; **Clips** has all of them]")
        for column, clip in zip(st.columns(ARRIVED), newest, strict=False):
            with column:
                label = TRIGGERS[clip.trigger].label if clip.trigger in TRIGGERS else clip.trigger
                st.image(store.thumbnail(clip.id), width="stretch",
                         caption=f"{label} · {clip.facts.get('scenario', '')}")
