/** Which painter draws which domain. */

import { DispatchPainter } from "./dispatch/painter.js";
import { WarehousePainter } from "./warehouse/painter.js";

const PAINTERS = { dispatch: DispatchPainter, warehouse: WarehousePainter };

/**
 * Painter class of a domain.
 * @param {string} domain As in the scene's facts.
 * @throws {Error} If there is none.
 */
export function painterOf(domain) {
  if (!Object.hasOwn(PAINTERS, domain))
    throw new Error(`No painter draws the domain "${domain}"; known: ${Object.keys(PAINTERS).join(", ")}.`);
  return PAINTERS[domain];
}
