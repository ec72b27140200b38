"""The data engine's tab: clips that were kept, collecting, auto-labels, retraining."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

import streamlit as st

from engine.errors import EngineError
from engine.live import Run
from engine.perception.cameras import VIEWS
from engine.perception.clips import ClipFacts, ClipStore
from engine.perception.triggers import TRIGGERS
from pages.perception_fleet import renew

SHOWN: Final = 12
COLUMNS: Final = 6
MEGABYTE: Final = 2.0**20


# module and function of each part beside the clips; loaded when it is opened
PARTS: Final = {"Clips": None, "Collect": ("perception_collect", "collecting"),
                "Auto-labels": ("perception_labels", "labelling"),
                "Retraining": ("perception_rounds", "retraining")}


def draw(drive: Run) -> None:
    """Draw the tab.

    Args:
        drive: The page's own run, which is kept alive while its cameras are not shown.
    """
    chosen = st.segmented_control("Part", list(PARTS), default="Clips", required=True,
                                  key="perception.data.part", label_visibility="collapsed")
    part = PARTS[chosen]
    if part is not None:
        module, function = part
        shown: Callable[[Run], None] = getattr(import_module(f"pages.{module}"), function)
        shown(drive)
        return
    renew(drive)
    gallery(ClipStore())
    with st.container(border=True, key="perception-triggers"):
        st.markdown("**Triggers** :gray[what makes a vehicle of the fleet keep a clip]")
        st.dataframe([{"Trigger": info.label, "Fires where": info.help}
                      for info in TRIGGERS.values()], hide_index=True, height="content",
                     key="perception.triggers")


def gallery(store: ClipStore) -> None:
    """The clips, most valuable first; one is opened below."""
    clips = store.clips()
    with st.container(border=True, key="perception-clips"):
        counts = Counter(c.trigger for c in clips)
        taken = sum(c.bytes for c in clips) / MEGABYTE
        st.markdown(f"**Clips** :gray[{len(clips)}, the most valuable first; {taken:.1f} of "
                    f"{store.quota / MEGABYTE:,.0f} MB]")
        if not clips:
            st.caption("Clips appear here when a collection keeps some, when you press **Keep for "
                       "the data engine** in a drive, or send frames of your video.")
            return
        wanted = st.pills("Trigger", list(counts), key="perception.clips.trigger",
                          selection_mode="multi", label_visibility="collapsed",
                          format_func=lambda t: f"{_label(t)} · {counts[t]}")
        shown = [c for c in clips if not wanted or c.trigger in wanted]
        _thumbnails(store, shown[:SHOWN])
        if len(shown) > SHOWN:
            st.caption(f"{len(shown) - SHOWN} more; choose a trigger to see others.")
        _opened(store, shown)


def _thumbnails(store: ClipStore, clips: Sequence[ClipFacts]) -> None:
    for begin in range(0, len(clips), COLUMNS):
        for column, clip in zip(st.columns(COLUMNS), clips[begin:begin + COLUMNS], strict=False):
            with column:
                try:
                    st.image(store.thumbnail(clip.id), width="stretch")
                except EngineError as error:
                    st.caption(str(error))
                st.button(f"{_label(clip.trigger)} · {clip.value:.2f}",
                          key=f"perception.clip.{clip.id}", width="stretch", on_click=_open,
                          args=(clip.id,), help=_said(clip))


def _open(name: str) -> None:
    st.session_state["perception.clip"] = name


def _opened(store: ClipStore, clips: Sequence[ClipFacts]) -> None:
    """One clip, frame by frame."""
    clip = next((c for c in clips if c.id == st.session_state.get("perception.clip")), None)
    if clip is None:
        return
    st.divider()
    left, right = st.columns([2, 1])
    try:
        with right:
            st.markdown(f"**{_label(clip.trigger)}** :gray[{clip.id}]")
            st.caption(_said(clip))
            view = st.selectbox("View", range(clip.views), key="perception.clip.view",
                                format_func=lambda v: VIEWS[v].replace("_", " ")
                                if clip.views == len(VIEWS) else f"view {v + 1}")
            at = st.slider("Frame", 1, clip.frames, (clip.frames + 1) // 2,
                           key="perception.clip.frame") if clip.frames > 1 else 1
            st.button("Delete this clip", icon=":material/delete:", key="perception.clip.delete",
                      on_click=store.delete, args=(clip.id,))
        with left:
            st.image(store.frames(clip.id, int(view))[at - 1], width="stretch")
    except EngineError as error:
        st.error(str(error), icon=":material/error:")


def _label(trigger: str) -> str:
    return TRIGGERS[trigger].label if trigger in TRIGGERS else trigger.capitalize()


def _said(clip: ClipFacts) -> str:
    known = [f"{clip.facts[k]}" for k in ("why", "scenario", "style", "fault")
             if clip.facts.get(k)]
    return " · ".join([*known, f"{clip.frames} frames, {clip.bytes / 1024:,.0f} KB"])
