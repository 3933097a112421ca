use super::Live;
use super::pulse::Pulse;
use crate::ask::Ask;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

const SECOND: Duration = Duration::from_secs(1);

/// Ticks once a second while anybody listens; runs until it is dropped.
pub(crate) async fn run(live: Arc<Live>, ask: Arc<Ask>) {
    loop {
        if live.ticks.receiver_count() == 0 {
            live.arrived.notified().await;
            continue;
        }
        tick_while_heard(&live, &ask).await;
    }
}

async fn tick_while_heard(live: &Live, ask: &Arc<Ask>) {
    let mut pulse = Pulse::default();
    let mut seconds = interval_at(Instant::now(), SECOND);
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while live.ticks.receiver_count() > 0 {
        seconds.tick().await;
        let asked = Arc::clone(ask);
        let look = move || {
            let tick = pulse.look(&asked);
            (pulse, tick)
        };
        // a look that panicked has taken its past with it
        let (kept, tick) = spawn_blocking(look).await.unwrap_or_default();
        pulse = kept;
        if let Some(tick) = tick {
            // nobody left to hear it is seen by the loop's condition
            let _ = live.ticks.send(Arc::new(tick));
        }
    }
}
