"""Every knob of learning, declared once; free of torch, so that commands and pages load fast."""

from __future__ import annotations

from engine.params import Params, knob


class SelfPlayParams(Params):
    """How self-play is varied and searched."""

    size: int = knob(9, "Board size", "Rows and columns.", low=5, high=19, step=1,
                     group="Self-play", live=False)
    komi: float = knob(7.0, "Komi", "Points that White gets in most games.", low=-50.0, high=50.0,
                       step=0.5, group="Self-play", live=False)
    komi_share: float = knob(0.2, "Other komi", "Share of games with another komi, so that the "
                             "network knows what a point is worth.", low=0.0, high=1.0, step=0.05,
                             group="Self-play", live=False)
    suicide_share: float = knob(0.05, "Suicide", "Share of games in which suicide is allowed.",
                                low=0.0, high=1.0, step=0.05, group="Self-play", live=False)
    full_visits: int = knob(160, "Full search", "Simulations of a move that is learnt from.",
                            low=2, high=10_000, step=10, group="Self-play", live=False)
    fast_visits: int = knob(32, "Fast search", "Simulations of the other moves.",
                            low=1, high=10_000, step=10, group="Self-play", live=False)
    full_share: float = knob(0.4, "Share of full searches", "Playout cap randomisation: many "
                             "games for the value, deep searches for the policy.",
                             low=0.01, high=1.0, step=0.05, group="Self-play", live=False)
    gumbel: int = knob(0, "Gumbel candidates", "Moves that sequential halving starts from in "
                       "full searches; 0 for PUCT with noise.", low=0, high=64, step=1,
                       group="Self-play", live=False)
    opening: float = knob(3.0, "Opening moves", "Mean number of moves drawn from the policy at "
                          "the start.", low=0.0, high=20.0, step=0.5, group="Self-play",
                          live=False)
    temperature: float = knob(0.8, "Temperature", "Of the first moves; it falls to a quarter, "
                              "halfway every so many moves as the board is wide.",
                              low=0.0, high=2.0, step=0.05, group="Self-play", live=False)
    decided: float = knob(0.03, "Decided", "Win rate below which the rest is played cheaply, in "
                          "place of resigning: the owners of the points are still learnt.",
                          low=0.0, high=0.4, step=0.01, group="Self-play", live=False)
    undecided_share: float = knob(0.2, "Never decided", "Share of games searched in full to the "
                                  "end, against blindness to comebacks.", low=0.0, high=1.0,
                                  step=0.05, group="Self-play", live=False)
    at_once: int = knob(16, "Games at once", "Games in one process; fills the batches.",
                        low=1, high=4096, step=1, group="Self-play", live=False)
    per_game: int = knob(4, "Leaves a game", "Positions of one game in one batch.",
                         low=1, high=64, step=1, group="Self-play", live=False)


class TrainingParams(Params):
    """How a network is trained."""

    batch: int = knob(256, "Batch", "Positions a step.", low=8, high=4096, step=8,
                      group="Training", live=False)
    learning_rate: float = knob(0.0015, "Learning rate", "Peak step size of AdamW.",
                                low=1e-5, high=0.05, step=1e-5, group="Training", live=False)
    warm_up: int = knob(300, "Warm-up", "Steps in which the learning rate rises from nothing.",
                        low=0, high=100_000, step=50, unit="steps", group="Training", live=False)
    steps: int = knob(20_000, "Steps", "Steps over which the learning rate falls along a cosine; "
                      "training goes on at the lowest rate behind them.",
                      low=1, high=100_000_000, step=1000, unit="steps", group="Training",
                      live=False)
    lowest_rate: float = knob(0.05, "Lowest rate", "Share of the peak rate at the end.",
                              low=0.0, high=1.0, step=0.01, group="Training", live=False)
    weight_decay: float = knob(0.02, "Weight decay", "AdamW's decoupled decay.",
                               low=0.0, high=1.0, step=0.001, group="Training", live=False)
    averaging: float = knob(0.999, "Averaging", "Decay a step of the moving average of weights "
                            "that is played with.", low=0.0, high=0.99999, step=0.0001,
                            group="Training", live=False)
    value_mix: float = knob(0.3, "Value mix", "Share of the search's own value in the outcome "
                            "target; lowers its noise where games are few.",
                            low=0.0, high=1.0, step=0.05, group="Training", live=False)


class LoopParams(Params):
    """How generations follow each other."""

    games: int = knob(1000, "Games", "Games a generation, after which the network is retrained.",
                      low=2, high=1_000_000, step=100, group="Loop", live=False)
    window: int = knob(10_000, "Window", "Latest games that it learns from.",
                       low=2, high=10_000_000, step=1000, group="Loop", live=False)
    reuse: float = knob(6.0, "Reuse", "How often each new position is learnt from, on average.",
                        low=0.1, high=100.0, step=0.5, group="Loop", live=False)
    job: int = knob(32, "Games a job", "Games that one process plays at a stretch; the unit that "
                    "a kill loses.", low=1, high=10_000, step=1, group="Loop", live=False)
    gate_games: int = knob(40, "Gate games", "Games between the new and the best network; 0 "
                           "takes every new one.", low=0, high=10_000, step=2, group="Loop",
                           live=False)
    gate_visits: int = knob(100, "Gate simulations", "Simulations a move in the gate.",
                            low=1, high=10_000, step=10, group="Loop", live=False)
    gate_share: float = knob(0.5, "Gate", "Share of points that the new network needs.",
                             low=0.0, high=1.0, step=0.01, group="Loop", live=False)
