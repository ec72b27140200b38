"""Say what is in any picture: boxes with distance, lines, road; as JSON and as an overlay.

Shape letters: h, w rows and columns of the picture.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.perception.bev import lift
from engine.perception.calibration import ground_plane
from engine.perception.decode import decode
from engine.perception.fields import enlarge, sigmoid
from engine.perception.lane_metrics import picture_line
from engine.perception.lane_model import picture_lines
from engine.perception.output_format import CLASSES, LIGHTS, MASKS, STRIDES
from engine.perception.pictures import CameraParams, Fitted, fit
from engine.perception.runtime import Runtime
from engine.perception.targets import points

UInt8 = npt.NDArray[np.uint8]

COLOURS: Final = {"car": (86, 180, 233), "truck": (204, 121, 167), "cyclist": (0, 158, 115),
                  "pedestrian": (230, 159, 0), "cone": (213, 94, 0),
                  "traffic light": (240, 228, 66), "sign": (255, 255, 255)}
"""Okabe and Ito's colours, as the page has them."""
_ROAD: Final = (0, 158, 115)
_BEHIND: Final = (13, 19, 26)
LEAST_FONT_PX: Final = 10


def describe(picture: UInt8, runtime: Runtime, params: CameraParams, least_score: float = 0.3,
             ) -> tuple[dict[str, Any], UInt8]:
    """Run the network on one picture.

    Args:
        picture: uint8 [h, w, 3].
        runtime: Network.
        params: Camera of the picture.
        least_score: Detections below are dropped.

    Returns:
        JSON-able facts in pixels of the picture, and the picture with overlays, uint8 [h, w, 3].
    """
    fitted = fit(picture, params)
    out = runtime.run(fitted.image[None], ground_plane(fitted.camera)[None])
    height, width = fitted.image.shape[:2]
    found = decode(out.raw(0), points(height, width, STRIDES), height, width, least_score)
    placed = lift(found, fitted.camera, 0)
    lines = picture_lines(sigmoid(out.masks[0, 1:]), fitted.camera)
    boxes = []
    for k in range(len(found.scores)):
        corners = fitted.back(found.boxes[k].reshape(2, 2))
        corners = np.clip(corners, 0, [picture.shape[1], picture.shape[0]])
        kind = CLASSES[found.classes[k]]
        boxes.append({
            "class": kind, "score": round(float(found.scores[k]), 4),
            "box": [round(float(q), 1) for q in corners.ravel()],
            "visible": round(float(found.visible[k]), 3),
            "distance_m": round(float(np.linalg.norm(placed.place[k, :2])), 1),
            "place_m": [round(float(q), 2) for q in placed.place[k]],
            "sides_deviation_px": round(float(found.spread[k] / fitted.scale), 2),
            **({"light": LIGHTS[placed.light[k]]} if kind == "traffic light" else {})})
    drawn = [{"kind": MASKS[q.kind], "score": round(q.score, 3),
              "points": [[round(float(a), 1) for a in p] for p in fitted.back(part)[::8]]}
             for q in lines for part in picture_line(q.points, fitted.camera)]
    road = enlarge(out.masks[0, 0], 2) > 0
    facts = {
        "size": [picture.shape[1], picture.shape[0]], "camera": params.model_dump(),
        "domain": "rendered streets; a photograph is outside the training domain",
        "boxes": boxes, "lines": drawn,
        "drivable_share": round(float(road.mean()), 4),
        "depth_deviation": round(float(out.depth[0, 1].mean()), 4),
    }
    return facts, overlay(picture, facts, road, fitted)


def overlay(picture: UInt8, facts: dict[str, Any], road: npt.NDArray[np.bool_],
            fitted: Fitted) -> UInt8:
    """Draw road, lines and boxes on a picture; uint8 [h, w, 3]."""
    from PIL import Image, ImageDraw, ImageFont

    h, w = picture.shape[:2]
    font = ImageFont.load_default(max(LEAST_FONT_PX, min(w, h) // 42))
    row = np.clip((np.arange(h) + 0.5) * fitted.scale + fitted.top, 0, road.shape[0] - 1)
    column = np.clip((np.arange(w) + 0.5) * fitted.scale + fitted.left, 0, road.shape[1] - 1)
    on = road[row.astype(np.int64)][:, column.astype(np.int64)]
    tinted = np.where(on[..., None], picture * 0.65 + np.array(_ROAD) * 0.35, picture)
    image = Image.fromarray(tinted.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    thick = max(1, round(w / 320))
    for line in facts["lines"]:
        if len(line["points"]) > 1:
            draw.line([tuple(p) for p in line["points"]], fill=(240, 228, 66), width=thick)
    for box in reversed(facts["boxes"]):  # the surest last, over the others
        draw.rectangle(box["box"], outline=COLOURS[box["class"]], width=thick)
    taken: list[tuple[float, float, float, float]] = []
    for box in facts["boxes"]:
        said = f"{box['class']} {box['distance_m']:.0f} m · {box['score']:.2f}"
        _, _, wide, high = draw.textbbox((0, 0), said, font=font)
        x = max(0.0, min(box["box"][0], w - wide - 4.0))
        y = max(0.0, box["box"][1] - high - 2.0)
        place = (x, y, x + wide + 4.0, y + high + 2.0)
        # the table says the rest: a label over another can be read by nobody
        if not any(place[0] < t[2] and t[0] < place[2] and place[1] < t[3] and t[1] < place[3]
                   for t in taken):
            taken.append(place)
            draw.rectangle(place, fill=_BEHIND)
            draw.text((x + 2.0, y), said, fill=COLOURS[box["class"]], font=font)
    return np.asarray(image, np.uint8)
