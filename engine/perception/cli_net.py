"""Commands of the networks: fill a cache, train, evaluate, detect, train the forecast."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from engine.errors import InvalidInput
from engine.params import add_arguments, from_arguments

ASSETS: Final = Path(__file__).resolve().parents[2] / "assets" / "perception"
DEFAULT: Final = ASSETS / "hydranet-s.safetensors"
FORECAST: Final = ASSETS / "forecast.safetensors"


def register(commands: Any) -> None:
    """Add the commands to a parser's subparsers."""
    from engine.perception.pictures import CameraParams
    from engine.perception.train_params import TrainingParams

    cache = commands.add_parser("cache", help="write labelled pictures to disk")
    cache.add_argument("--split", default="train", help="train, val or held-out")
    cache.add_argument("--images", type=int, required=True, help="pictures wanted")
    cache.add_argument("--out", type=Path, required=True, help="folder")
    cache.add_argument("--seed", type=int, default=1, help="seed of the worlds (default 1)")
    cache.set_defaults(command=_cache)

    train = commands.add_parser("train", help="train a network, or go on with one")
    train.add_argument("--cache", type=Path, required=True, help="cache of the train split")
    train.add_argument("--val", type=Path, required=True, help="cache to validate on")
    train.add_argument("--out", type=Path, required=True, help="folder of the run")
    train.add_argument("--seed", type=int, default=1, help="seed of the run (default 1)")
    train.add_argument("--start", type=Path, help="weights to begin a new run with")
    train.add_argument("--stop-after", type=int, help="end after so many steps of this call")
    train.add_argument("--threads", type=int, default=1, help="threads (default 1)")
    add_arguments(train, TrainingParams)
    train.set_defaults(command=_train)

    evaluate = commands.add_parser("eval", help="score a network on a split")
    evaluate.add_argument("--split", default="held-out", help="train, val or held-out")
    evaluate.add_argument("--images", type=int, default=512, help="pictures (default 512)")
    evaluate.add_argument("--seed", type=int, default=1, help="seed of the worlds (default 1)")
    evaluate.add_argument("--cache", type=Path, help="score on this cache; else pictures are "
                          "rendered into a temporary one")
    evaluate.add_argument("--weights", type=Path, default=DEFAULT, help="network")
    evaluate.add_argument("--forecast", type=Path, default=FORECAST, help="forecast")
    evaluate.add_argument("--worlds", type=int, default=12, help="worlds driven to score the "
                          "forecast, 0 to leave it out (default 12)")
    evaluate.set_defaults(command=_evaluate)

    forecast = commands.add_parser("forecast", help="train the forecast")
    forecast.add_argument("--worlds", type=int, default=140, help="worlds to learn from")
    forecast.add_argument("--held-out-worlds", type=int, default=24, help="worlds to score it on")
    forecast.add_argument("--steps", type=int, default=5000, help="optimiser steps")
    forecast.add_argument("--seed", type=int, default=3, help="seed of worlds and weights")
    forecast.add_argument("--out", type=Path, required=True, help="NAME.safetensors to write")
    forecast.set_defaults(command=_forecast)

    detect = commands.add_parser("detect", help="say what is in any picture")
    detect.add_argument("pictures", type=Path, nargs="+", help="PNG, JPEG or WebP")
    detect.add_argument("--out", type=Path, help="folder for overlays and JSON files")
    detect.add_argument("--weights", type=Path, default=DEFAULT, help="network")
    detect.add_argument("--least-score", type=float, default=0.3, help="drop detections below")
    add_arguments(detect, CameraParams)
    detect.set_defaults(command=_detect)


def _cache(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.perception.cache import fill

    return fill(options.out, options.split, options.images, options.seed), 0


def _train(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    import torch

    from engine.perception.train_params import TrainingParams
    from engine.perception.train_run import train

    if options.threads < 1:
        raise InvalidInput(f"threads is {options.threads}; it must be at least 1")
    torch.set_num_threads(options.threads)
    params = from_arguments(TrainingParams, options)
    return train(options.cache, options.val, options.out, params, options.seed, options.start,
                 options.stop_after), 0


def _evaluate(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    import tempfile

    from engine.perception.cache import fill, open_cache
    from engine.perception.evaluate import evaluate, spread
    from engine.perception.runtime import load_runtime

    runtime = load_runtime(options.weights)
    with tempfile.TemporaryDirectory() as folder:
        cache = options.cache
        if cache is None:
            cache = Path(folder)
            fill(cache, options.split, options.images, options.seed)
        facts = evaluate(spread(open_cache(cache), options.images), runtime)
    if options.worlds > 0:
        from engine.perception import forecast_training
        from engine.perception.forecast_data import gather

        facts["forecast"] = forecast_training.evaluate(
            forecast_training.load_forecast(options.forecast),
            gather(options.split, options.seed, options.worlds, jitter=False))
    return {"split": options.split, "seed": options.seed, "weights": options.weights.name,
            **facts}, 0


def _forecast(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    import torch

    from engine.perception import forecast_training
    from engine.perception.forecast_data import gather
    from engine.perception.forecast_run import export_forecast

    if min(options.worlds, options.held_out_worlds) < 1:
        raise InvalidInput(f"{options.worlds} and {options.held_out_worlds} worlds; give at least "
                           "one to learn from and one to score on")
    torch.set_num_threads(1)
    network = forecast_training.train(
        gather("train", options.seed, options.worlds, jitter=True), options.steps, options.seed)
    facts = forecast_training.evaluate(
        network, gather("held-out", options.seed, options.held_out_worlds, jitter=False))
    card = {"trained": {"worlds": options.worlds, "steps": options.steps, "seed": options.seed},
            "held_out": facts}
    forecast_training.save_forecast(options.out, network, card)
    export_forecast(network, options.out.with_suffix(".onnx"))
    return {"weights": options.out.name, **card}, 0


def _detect(options: argparse.Namespace) -> tuple[dict[str, Any], int]:
    import json

    from PIL import Image

    from engine.perception.detect import describe
    from engine.perception.pictures import CameraParams, read_picture_file
    from engine.perception.runtime import load_runtime

    params = from_arguments(CameraParams, options)
    pictures = [(p, read_picture_file(p)) for p in options.pictures]
    runtime = load_runtime(options.weights)
    whole: dict[str, Any] = {}
    for path, picture in pictures:
        facts, drawn = describe(picture, runtime, params, options.least_score)
        if options.out is not None:
            options.out.mkdir(parents=True, exist_ok=True)
            overlay = options.out / f"{path.stem}-overlay.png"
            Image.fromarray(drawn).save(overlay)
            (options.out / f"{path.stem}.json").write_text(json.dumps(facts), "utf-8")
            facts = {**facts, "overlay": overlay.name}
        whole[str(path)] = facts
    return {"weights": options.weights.name, "pictures": whole}, 0
