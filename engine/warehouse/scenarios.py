"""Floors to start from: each balances robots, desks, bays and orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.warehouse.params import WarehouseParams


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named set of knobs.

    Attributes:
        name: Short machine name.
        label: As shown.
        help: One sentence.
        params: Knobs.
    """

    name: str
    label: str
    help: str
    params: WarehouseParams


_STANDARD = WarehouseParams()

SCENARIOS: Final[Mapping[str, Scenario]] = {s.name: s for s in (
    Scenario(
        "small", "Small floor", "100 robots: every one of them can be followed by eye.",
        _STANDARD.with_changes(
            robots=100, blocks_across=6, blocks_down=7, stations=4, chargers=10, skus=600,
            orders_per_h=1200.0, backlog_limit=500),
    ),
    Scenario(
        "standard", "Standard floor", "1,000 robots on a floor of 133 by 62 cells.", _STANDARD,
    ),
    Scenario(
        "large", "Large floor", "5,000 robots.",
        _STANDARD.with_changes(
            robots=5000, blocks_across=36, blocks_down=38, stations=76, chargers=440, skus=20_000,
            orders_per_h=21_600.0, backlog_limit=6000, pick_s=4.5, open_orders=60),
    ),
    Scenario(
        "stress", "Stress", "10,000 robots: as much as one thread can plan.",
        _STANDARD.with_changes(
            robots=10_000, blocks_across=44, blocks_down=70, stations=140, chargers=960,
            skus=40_000, orders_per_h=36_000.0, backlog_limit=12_000, pick_s=4.5, open_orders=60),
    ),
)}
