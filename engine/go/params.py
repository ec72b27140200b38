"""Every knob of the search, declared once."""

from __future__ import annotations

from engine.go.tree import Knobs
from engine.params import Params, knob


class SearchParams(Params):
    """How one player thinks; the defaults are for play, not for self-play."""

    visits: int = knob(
        1600, "Simulations", "Visits of the root before a move is chosen.",
        low=1, high=1_000_000, step=1, group="Strength")
    c_puct: float = knob(
        1.1, "c_puct", "Weight of the prior against what the search has found.",
        low=0.01, high=10.0, step=0.05, group="Search")
    c_growth: float = knob(
        0.45, "c_puct growth", "How fast c_puct grows with the logarithm of the visits.",
        low=0.0, high=5.0, step=0.05, group="Search")
    c_base: float = knob(
        500.0, "c_puct base", "Visits from which that growth shows.",
        low=1.0, high=100_000.0, step=1.0, group="Search")
    fpu_reduction: float = knob(
        0.2, "First-play urgency", "How much worse than its parent an untried move is taken to be.",
        low=0.0, high=2.0, step=0.05, group="Search")
    root_fpu_reduction: float = knob(
        0.1, "First-play urgency at the root", "The same for the moves to choose from.",
        low=0.0, high=2.0, step=0.05, group="Search")
    virtual_loss: float = knob(
        1.0, "Virtual loss", "Lost visits that a simulation in flight counts for.",
        low=0.1, high=10.0, step=0.1, group="Search")
    batch: int = knob(
        8, "Batch", "Positions that the network judges at once.",
        low=1, high=1024, step=1, group="Search", live=False)
    score_weight: float = knob(
        0.05, "Weight of points", "How much a lead in points counts beside winning.",
        low=0.0, high=1.0, step=0.01, group="Search")
    symmetry: bool = knob(
        True, "Random symmetry", "Turn or mirror each position before the network sees it.",
        group="Search")
    solve: bool = knob(
        True, "Prove results", "Carry exact results of ended games up the tree.",
        group="Search")
    noise: float = knob(
        0.0, "Noise", "Share of Dirichlet noise in the priors at the root.",
        low=0.0, high=1.0, step=0.05, group="Exploration")
    noise_total: float = knob(
        10.83, "Noise concentration", "Sum of the Dirichlet parameters over the legal moves.",
        low=0.1, high=100.0, step=0.01, group="Exploration")
    root_temperature: float = knob(
        1.0, "Prior temperature", "Above 1 flattens the priors at the root.",
        low=0.1, high=10.0, step=0.05, group="Exploration")
    forced: float = knob(
        0.0, "Forced playouts", "Every tried root move gets √(k · prior · visits) visits; 2 in "
        "KataGo's self-play.",
        low=0.0, high=10.0, step=0.5, group="Exploration")
    temperature: float = knob(
        0.0, "Temperature", "0 plays the most visited move; 1 draws by visits.",
        low=0.0, high=5.0, step=0.05, group="Exploration")
    gumbel: int = knob(
        0, "Gumbel candidates", "Moves that sequential halving starts from; 0 for PUCT at the "
        "root.",
        low=0, high=64, step=1, group="Gumbel")
    c_visit: float = knob(
        50.0, "c_visit", "Trust in Q beside the prior, before any visit.",
        low=0.0, high=1000.0, step=1.0, group="Gumbel")
    c_scale: float = knob(
        1.0, "c_scale", "Scale of Q beside the logits.",
        low=0.01, high=10.0, step=0.01, group="Gumbel")
    resign_below: float = knob(
        0.03, "Resign below", "Win rate at which it gives up; 0 for never.",
        low=0.0, high=0.5, step=0.01, group="Strength")
    max_nodes: int = knob(
        50_000, "Largest tree", "Positions that one tree may hold; the search stops there.",
        low=16, high=2_000_000, step=1, group="Memory", live=False)
    cache: int = knob(
        16_384, "Cache", "Evaluations kept between moves; 0 for none.",
        low=0, high=1_000_000, step=1, group="Memory", live=False)

    def knobs(self) -> Knobs:
        """What the kernels read."""
        return Knobs(
            self.c_puct, self.c_growth, self.c_base, self.fpu_reduction, self.root_fpu_reduction,
            self.virtual_loss, self.score_weight, self.forced, self.c_visit, self.c_scale,
            float(self.symmetry), float(self.solve))


SELF_PLAY = SearchParams(
    noise=0.25, root_temperature=1.1, root_fpu_reduction=0.0, forced=2.0, temperature=0.8,
    resign_below=0.0, score_weight=0.05, max_nodes=2_000, cache=65_536, batch=4)
