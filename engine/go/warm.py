"""Think for a moment on the smallest scale, so that every kernel of a game is loaded."""

from __future__ import annotations

from typing import Final

STEPS: Final = 6


def warm() -> None:
    """Load every kernel that a live game needs; compiles those that are not cached yet."""
    from engine.go.players import NO_NETWORK
    from engine.go.settings import GoParams
    from engine.go.simulation import GoSimulation

    sim = GoSimulation(GoParams(black="engine", white="engine", white_visits=2, black_visits=2,
                                hold_s=0.0, visits=50, max_nodes=1000), seed=1)
    sim.command("set_players", dict.fromkeys(sim.networks, NO_NETWORK))
    for _ in range(STEPS):
        sim.step()
    sim.layers()
    sim.summary()
    sim.snapshot()
    sim.final_score(sim.game.node)
    sim.close()
