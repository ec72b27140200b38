"""The process of a training run: `python -m engine.perception.learn FOLDER`.

Renders the pictures that the run's recipe asks for, where they are not there yet, and trains.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from engine.errors import EngineError
from engine.perception import learner
from engine.perception.files import data_folder

log = logging.getLogger(__name__)

TRAIN_SEED, VAL_SEED = 1, 2


def learn(folder: Path) -> None:
    """Work in a run's folder until it is done or asked to end.

    Raises:
        EngineError: If the recipe or the caches cannot be used.
    """
    from engine.perception.cache import fill

    recipe, params = learner.read_recipe(folder)
    pid = folder / learner.PID
    pid.write_text(str(os.getpid()), "utf-8")
    try:
        caches = data_folder() / "caches"
        places = caches / f"train-{recipe.pictures}", caches / f"val-{recipe.val_pictures}"
        fill(places[0], "train", recipe.pictures, TRAIN_SEED)
        fill(places[1], "val", recipe.val_pictures, VAL_SEED)
        import torch

        from engine.perception.train_run import train

        torch.set_num_threads(1)
        train(*places, folder, params, recipe.seed)
    finally:
        pid.unlink(missing_ok=True)


def main(words: list[str]) -> int:
    """Run the command line; the last line of the log says what went wrong."""
    if len(words) != 1 or not Path(words[0]).is_dir():
        log.error("give the folder of one run, not %s", words)
        return 2
    try:
        learn(Path(words[0]))
    except EngineError as error:
        log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.exit(main(sys.argv[1:]))
