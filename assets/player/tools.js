/** What tests and tools may ask of a player, as `window.__atrium.players[token]`. */

/**
 * @param {object} player
 * @returns {object} `counters` (a copy), `where(agent)`, `picture()`, `resetMeter()`, `drop()`.
 */
export function toolsOf(player) {
  return {
    get counters() {
      const { session, stage, hub } = player;
      const { meter } = stage;
      const { clock, reel } = session;
      return {
        draws: meter.draws,
        fps: meter.fps,
        intervalP50: meter.interval.quantile(0.5),
        intervalP99: meter.interval.quantile(0.99),
        costP50: meter.cost.quantile(0.5),
        costP99: meter.cost.quantile(0.99),
        economy: stage.economy,
        buffer: clock.level(reel.last),
        rate: clock.rate,
        stalls: clock.stalls,
        resyncs: clock.resyncs,
        bytes: session.stream.bytes,
        epochShown: session.epochShown,
        head: clock.head,
        last: reel.last,
        window: [hub.status?.first ?? 0, hub.status?.last ?? 0],
        mode: hub.mode,
        link: hub.link.state,
        state: hub.status?.state ?? "",
        selected: hub.selected,
        hovered: player.pointing.hovered,
        follow: hub.follow,
        layers: { ...player.layers },
        zoom: stage.camera.zoom,
        theme: player.theme.name,
        agents: reel.before.agents,
      };
    },
    /** Canvas point (CSS pixels) of an agent as last drawn. */
    where(agent) {
      const { camera } = player.stage;
      const at = player.painter.position(agent);
      return { x: camera.screenX(at.x), y: camera.screenY(at.y) };
    },
    /** The newest decoded picture. */
    picture() {
      const { after } = player.session.reel;
      return {
        step: after.step,
        epoch: after.epoch,
        x: [...after.x],
        y: [...after.y],
        state: [...after.state],
      };
    },
    /** Forget the frame times gathered so far. */
    resetMeter: () => player.stage.meter.reset(),
    /** Lose the connection, as a broken network does. */
    drop: () => player.session.stream.socket.close(4000),
  };
}
