"""A vehicle's labels to look at."""

import numpy as np

from engine.perception import models
from engine.perception.cameras import HEIGHT, WIDTH
from engine.perception.fleet import job_of
from engine.perception.label_errors import Task
from engine.perception.label_view import COLOURS, ENLARGED, GROUND_PX, look_at
from engine.perception.runtime import load_runtime


def test_every_look_shows_the_truth_and_both_labels() -> None:
    looks = look_at(Task(job_of("held-out", 70_000, 1), 2.0),
                    load_runtime(models.find(models.DEFAULT)))
    assert [round(q.time, 1) for q in looks] == [round(0.2 * k, 1) for k in range(10)]
    last = looks[-1]
    assert last.picture.shape == (HEIGHT * ENLARGED, WIDTH * ENLARGED + GROUND_PX, 3)
    ground = last.picture[:, WIDTH * ENLARGED:].reshape(-1, 3)
    for name, colour in COLOURS.items():
        assert (ground == np.array(colour, np.uint8)).all(axis=1).any(), name
    for q in looks:
        assert (q.online_m is None) == (q.offline_m is None) == (q.pairs == 0)
    assert last.pairs > 0
    assert 0.0 < float(last.offline_m or 0.0) < 8.0
