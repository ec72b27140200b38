"""Commands of the fleet: shadow, collect, triggers, autolabel, round, video."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from engine.params import add_arguments, from_arguments
from engine.perception.cli_net import ASSETS, DEFAULT

PRODUCTION: Final = ASSETS / "hydranet-production.safetensors"


def register(commands: Any) -> None:
    """Add the commands to a parser's subparsers."""
    from engine.perception.collect import CollectParams
    from engine.perception.label_errors import LabelParams
    from engine.perception.pictures import CameraParams
    from engine.perception.rounds import RoundParams
    from engine.perception.shadow import ShadowParams

    shadow = commands.add_parser("shadow", help="drive a candidate beside production in a fleet")
    _fleet(shadow, ShadowParams)
    shadow.set_defaults(command=_shadow)

    collect = commands.add_parser("collect", help="collect clips that triggers keep, and measure "
                                  "the triggers")
    _fleet(collect, CollectParams)
    collect.add_argument("--clips", type=Path, help="folder of clips (else the app's own)")
    collect.set_defaults(command=_collect)

    triggers = commands.add_parser("triggers", help="fit the triggers anew")
    triggers.add_argument("--cache", type=Path, required=True,
                          help="cache of the train split: the pictures that are known")
    triggers.add_argument("--write", type=Path, required=True, help="JSON file to write")
    triggers.add_argument("--production", type=Path, default=PRODUCTION, help="network that drives")
    triggers.add_argument("--candidate", type=Path, default=DEFAULT, help="network beside it")
    triggers.add_argument("--processes", type=int, default=1, help="vehicles at once (default 1)")
    add_arguments(triggers, CollectParams)
    triggers.set_defaults(command=_triggers)

    labels = commands.add_parser("autolabel", help="measure labels made afterwards against those "
                                 "made while driving")
    labels.add_argument("--out", type=Path, required=True, help="folder of the run")
    labels.add_argument("--weights", type=Path, default=PRODUCTION, help="network that labels")
    labels.add_argument("--online", type=Path, help="network that the car has aboard (else the "
                        "same)")
    labels.add_argument("--processes", type=int, default=1, help="vehicles at once (default 1)")
    add_arguments(labels, LabelParams)
    labels.set_defaults(command=_autolabel)

    rounds = commands.add_parser("round", help="collect, retrain, score; again and again")
    rounds.add_argument("--out", type=Path, required=True, help="folder of the run")
    rounds.add_argument("--start", type=Path, default=PRODUCTION, help="network to begin with")
    rounds.add_argument("--cache", type=Path, help="cache of the train split (else rendered)")
    rounds.add_argument("--held-out", type=Path, help="cache to score on (else rendered)")
    rounds.add_argument("--processes", type=int, default=1, help="vehicles at once (default 1)")
    add_arguments(rounds, RoundParams)
    rounds.set_defaults(command=_round)

    video = commands.add_parser("video", help="say what is in a film from outside")
    video.add_argument("film", type=Path, help="MP4, MOV, WebM, MKV or AVI")
    video.add_argument("--every", type=float, default=0.5, help="s from frame to frame "
                       "(default 0.5)")
    video.add_argument("--weights", type=Path, default=DEFAULT, help="network")
    video.add_argument("--least-score", type=float, default=0.3, help="drop detections below")
    video.add_argument("--out", type=Path, help="folder for the frames with overlays")
    video.add_argument("--keep", type=Path, help="folder of clips to keep the frames in")
    add_arguments(video, CameraParams)
    video.set_defaults(command=_video)


def _fleet(parser: Any, params: Any) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--production", type=Path, default=PRODUCTION, help="network that drives")
    parser.add_argument("--candidate", type=Path, default=DEFAULT, help="network beside it")
    parser.add_argument("--processes", type=int, default=1, help="vehicles at once (default 1)")
    add_arguments(parser, params)


def _shadow(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.perception.shadow import ShadowParams, run

    return run(options.out, from_arguments(ShadowParams, options), options.production,
               options.candidate, options.processes), 0


def _collect(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.perception.clips import ClipStore
    from engine.perception.collect import CollectParams, run

    params = from_arguments(CollectParams, options)
    store = ClipStore(options.clips, params.quota_mb * 2**20)
    return run(options.out, params, options.production, options.candidate, store,
               processes=options.processes), 0


def _triggers(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.perception.cache import open_cache
    from engine.perception.collect import CollectParams, fit
    from engine.perception.triggers import save

    fitted = fit(from_arguments(CollectParams, options), options.production, options.candidate,
                 open_cache(options.cache), options.processes)
    save(fitted, options.write)
    return {"thresholds": dict(fitted.thresholds), **fitted.facts}, 0


def _autolabel(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.perception.label_errors import LabelParams, run

    return run(options.out, from_arguments(LabelParams, options), options.weights,
               options.online, options.processes), 0


def _round(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    import torch

    from engine.perception.rounds import RoundParams, run

    torch.set_num_threads(1)
    return run(options.out, from_arguments(RoundParams, options), options.start, options.cache,
               options.held_out, options.processes), 0


def _video(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from PIL import Image

    from engine.perception import video
    from engine.perception.clips import ClipStore
    from engine.perception.pictures import CameraParams
    from engine.perception.runtime import load_runtime

    params = from_arguments(CameraParams, options)
    runtime = load_runtime(options.weights)
    with video.open_video(options.film, options.film.name) as source:
        seen = []
        for k, frame in enumerate(video.analyse(video.frames(source, options.every), runtime,
                                                params, options.least_score)):
            seen.append(frame)
            if options.out is not None:
                options.out.mkdir(parents=True, exist_ok=True)
                Image.fromarray(frame.overlay).save(options.out / f"frame-{k:04d}.png")
    kept = False
    if options.keep is not None and seen:
        kept = ClipStore(options.keep).add(
            video.clip_of(seen, f"{options.film.stem}"[:60], {"name": options.film.name}))
    return {"film": options.film.name, "fps": source.fps, "duration_s": source.duration_s,
            "kept": kept, "frames": [
                {"time_s": round(f.time_s, 3), "drift": f.drift, "outside": f.outside,
                 "unlike": f.unlike, "uncertainty": f.uncertainty,
                 "boxes": f.facts["boxes"], "tracks": f.facts["tracks"],
                 "domain": f.facts["domain"]} for f in seen]}, 0
