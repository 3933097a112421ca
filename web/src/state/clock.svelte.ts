/** How often "3 min ago" is looked at again, in ms. */
const EVERY_MS = 5_000;

/** The time, for texts that grow old while they are read. */
class Clock {
  now = $state(Date.now());

  constructor() {
    const turn = () => {
      if (!document.hidden) this.now = Date.now();
    };
    setInterval(turn, EVERY_MS);
    document.addEventListener("visibilitychange", turn);
  }
}

export const clock = new Clock();
