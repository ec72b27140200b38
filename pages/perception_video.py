"""The tab for a film or pictures of one's own: the same network, marked as outside its domain."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import time
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from engine.errors import EngineError, InvalidInput
from engine.live import Run
from engine.params import knobs
from engine.perception import models, video
from engine.perception.clips import ClipStore
from engine.perception.picture import jpeg
from engine.perception.pictures import CameraParams
from engine.perception.runtime import load_runtime
from engine.perception.video import FrameFacts, Timed
from pages.common.charts import chart_head, colours, figure, show
from pages.common.components import cards
from pages.perception_fleet import renew

FILMS: Final = ("mp4", "mov", "webm", "mkv", "avi")
PICTURES: Final = ("jpg", "jpeg", "png", "webp")
MOST_FRAMES: Final = 120
SHOWN_PX: Final = 960
TALLEST_PX: Final = 640
"""Height at which an upright picture is shown: a whole one fits a window."""
MOST_MB: Final = video.MOST_BYTES // 2**20
EMPTY: Final = np.zeros((0, 0, 3), np.uint8)


@dataclass(frozen=True)
class Seen:
    """One analysed upload, small enough to keep for a session.

    Attributes:
        name: As the user calls it.
        frames: Without their pictures.
        shown: JPEG of each frame with its overlays.
    """

    name: str
    frames: tuple[FrameFacts, ...]
    shown: tuple[bytes, ...]


def draw(drive: Run) -> None:
    """Draw the tab.

    Args:
        drive: The page's own run, which is kept alive while its cameras are not shown.
    """
    renew(drive)
    st.warning("**Outside its training domain.** The network has seen rendered streets alone. On "
               "photographs it is often wrong: look at the drift before you believe a box. The "
               "camera is guessed from the sliders, and distances hang on them.",
               icon=":material/warning:")
    left, right = st.columns([1, 2.4])
    with left:
        _form()
    seen: Seen | None = st.session_state.get("perception.video.seen")
    with right:
        if problem := st.session_state.get("perception.video.problem"):
            st.error(problem, icon=":material/error:")
        if seen is None:
            st.info("Upload a film or some pictures and press **Look**: boxes, lanes and drivable "
                    "ground are drawn over each frame, with how unsure the network is and how far "
                    "the picture is from what it knows. Nothing leaves this machine.",
                    icon=":material/movie:")
        else:
            _result(seen)


def _form() -> None:
    """File, camera and network."""
    files = st.file_uploader(
        f"A film (at most {video.MOST_SECONDS:.0f} s, {MOST_MB} MB) or pictures",
        type=[*FILMS, *PICTURES], accept_multiple_files=True, key="perception.video.files",
        max_upload_size=MOST_MB)
    for k in knobs(CameraParams):
        assert k.low is not None
        assert k.high is not None
        st.slider(f"{k.label} ({k.unit})", float(k.low), float(k.high), float(k.default),
                  float(k.step or 1), key=f"perception.video.{k.name}", help=k.help)
    st.slider("A frame every (s)", 0.1, 2.0, 0.5, 0.1, key="perception.video.every",
              help=f"At most {MOST_FRAMES} frames are looked at.")
    known = list(models.networks())
    st.selectbox("Network", known, key="perception.video.network")
    if st.button("Look", key="perception.video.look", type="primary", width="stretch",
                 icon=":material/visibility:", disabled=not files or not known):
        _look([(f.name, f.getvalue()) for f in files or []])


def _look(files: Sequence[tuple[str, bytes]]) -> None:
    """Run the network over what was uploaded."""
    state = st.session_state
    state.pop("perception.video.problem", None)
    bar = st.progress(0.0, "Opening")
    try:
        params = CameraParams.parse({k.name: state[f"perception.video.{k.name}"]
                                     for k in knobs(CameraParams)})
        runtime = load_runtime(models.find(state["perception.video.network"]))
        with _timed(files, float(state["perception.video.every"])) as (name, count, timed):
            frames, shown = [], []
            for k, frame in enumerate(video.analyse(_legible(timed), runtime, params)):
                shown.append(jpeg(frame.overlay))
                frames.append(dataclasses.replace(frame, picture=EMPTY, overlay=EMPTY))
                bar.progress(min(1.0, (k + 1) / count), f"Frame {k + 1}")
                if len(frames) == MOST_FRAMES:
                    break
            state["perception.video.seen"] = Seen(name, tuple(frames), tuple(shown))
    except EngineError as error:
        state["perception.video.problem"] = str(error)
    finally:
        bar.empty()


@contextmanager
def _timed(files: Sequence[tuple[str, bytes]], every_s: float,
           ) -> Iterator[tuple[str, int, Iterator[Timed]]]:
    """Name, expected number and frames of an upload: one film, or pictures.

    Raises:
        InvalidInput: If films and pictures are mixed, or something cannot be read.
    """
    films = [f for f in files if f[0].rsplit(".", 1)[-1].lower() in FILMS]
    if films and len(files) > 1:
        raise InvalidInput(f"{len(files)} files with {len(films)} films among them; give one film, "
                           "or pictures alone")
    if not films:
        yield f"{len(files)} pictures", len(files), video.pictures(files, every_s)
        return
    name, data = films[0]
    with video.open_video(data, name) as source:
        length = source.duration_s or video.MOST_SECONDS
        yield name, max(1, min(MOST_FRAMES, round(length / every_s))), video.frames(source, every_s)


def _legible(timed: Iterable[Timed]) -> Iterator[Timed]:
    """Small pictures enlarged, so that what is written over them can be read."""
    for at, picture in timed:
        times = max(1, round(SHOWN_PX / picture.shape[1]))
        yield at, np.repeat(np.repeat(picture, times, axis=0), times, axis=1)


def _result(seen: Seen) -> None:
    frames = seen.frames
    outside = [f for f in frames if f.outside]
    cards(_items(seen, len(outside)), key="perception-video-cards")
    at = 1
    if len(frames) > 1:
        at = st.slider("Frame", 1, len(frames), 1, key="perception.video.at",
                       label_visibility="collapsed")
    frame = frames[min(at, len(frames)) - 1]
    w, h = frame.facts["size"]
    st.image(seen.shown[min(at, len(frames)) - 1],
             width="stretch" if w >= h else round(TALLEST_PX * w / h),
             caption=f"{seen.name}, {frame.time_s:.1f} s"
                     + (f" · unlike known pictures by its {frame.unlike}" if frame.outside else ""))
    with st.container(key="charts"):
        left, right = st.columns(2)
        with left:
            chart_head("Drift", "distance to known pictures")
            _line([f.time_s for f in frames], [f.drift for f in frames], "drift", "vermilion")
        with right:
            chart_head("Uncertainty", "standard deviation of ln depth, mean of a frame")
            _line([f.time_s for f in frames], [f.uncertainty for f in frames], "unsure", "purple")
    rows = [{"What": b["class"], "Score": b["score"], "Distance, m": b["distance_m"],
             "Sides ± px": b["sides_deviation_px"]} for b in frame.facts["boxes"]]
    if rows:
        st.dataframe(rows, hide_index=True, height=200, key="perception.video.boxes")
    st.button("Send the strangest frames to the data engine", icon=":material/video_library:",
              key="perception.video.keep", on_click=_keep, args=(seen,))
    if said := st.session_state.pop("perception.video.said", ""):
        st.toast(said, icon=":material/video_library:")


def _items(seen: Seen, outside: int) -> list[dict[str, Any]]:
    frames = seen.frames
    drifts = [f.drift for f in frames if f.drift is not None]
    boxes = [len(f.facts["boxes"]) for f in frames]
    return [
        {"label": "Frames", "value": f"{len(frames)}", "note": "", "series": boxes,
         "help": "Looked at; the line shows boxes a frame."},
        {"label": "Drift", "value": f"{np.mean(drifts):.2f}" if drifts else None,
         "note": f"{outside} outside" if drifts else "no reference",
         "series": drifts, "help": "Mean distance to known pictures; beyond the trigger's limit a "
                                   "picture counts as outside."},
        {"label": "Uncertainty", "value": f"{np.mean([f.uncertainty for f in frames]):.3f}",
         "note": "ln depth", "series": [f.uncertainty for f in frames],
         "help": "The network's own standard deviation of the logarithm of depth."},
        {"label": "Boxes", "value": f"{sum(boxes)}", "note": f"{np.mean(boxes):.1f} a frame",
         "series": boxes, "help": "Detections of 0.3 and above."},
    ]


def _line(times: list[float], values: list[float | None], key: str, colour: str) -> None:
    if not any(v is not None for v in values):
        st.html('<div class="chart-empty">No known pictures are shipped to compare with.</div>')
        return
    fig: go.Figure = figure(x_title="s")
    fig.add_scatter(x=times, y=values, name=key, mode="lines+markers" if len(times) < 20
                    else "lines", line={"color": colours()["marks"][colour], "width": 2})
    show(fig, f"perception.video.{key}", f"{key} by time")


def _keep(seen: Seen) -> None:
    """Put the frames that are farthest from known ones into the clip store."""
    strangest = sorted(seen.frames, key=lambda f: -(f.drift or f.uncertainty))[:5]
    ordered = sorted(strangest, key=lambda f: f.time_s)
    try:
        clip = video.clip_of(ordered, f"video-{int(time())}", {"why": f"sent from {seen.name}"})
        kept = ClipStore().add(clip)
        st.session_state["perception.video.said"] = (
            f"{len(ordered)} frames are in the clip store" if kept else
            "The clip store is full of more valuable clips; nothing was kept")
    except EngineError as error:
        st.session_state["perception.video.problem"] = str(error)
